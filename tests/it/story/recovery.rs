//! Tests of password resets and password changes, and of reauthentication.

use crate::lab::{Client, Lab, PASSWORD, at_once};
use crate::story::races::{assert_orderly, plans};
use serde_json::json;

const NEW: &str = "another-Zebra-77-staple";
const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");
const CODE: (&str, &str) = ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true");

fn with_user(settings: &[(&str, &str)]) -> (Lab, Client) {
    let settings = [settings, &[OFF]].concat();
    let lab = Lab::start(&settings);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    (lab, client)
}

fn ask(lab: &Lab, client: &mut Client) -> String {
    let before = lab.mails("ada@example.com").len();
    client.post("auth/password/request", json!({"email": "ada@example.com"}));
    lab.mails("ada@example.com")[before..].last().unwrap().key()
}

fn login(lab: &Lab, password: &str) -> u16 {
    lab.app().post("auth/login", json!({"email": "ada@example.com", "password": password})).status
}

#[test]
fn a_link_sets_a_new_password_once() {
    let (lab, _) = with_user(&[]);
    let key = ask(&lab, &mut lab.app());
    let reply = lab.app().get_with("auth/password/reset", ("x-password-reset-key", &key));
    assert_eq!((reply.status, &reply.json["data"]["user"]["email"]), (200, &json!("ada@example.com")));
    let reset = |password: &str| lab.app().post("auth/password/reset", json!({"key": key, "password": password}));
    assert_eq!(reset("ada@example.com").errors(), ["password:password_too_similar"]);
    assert_eq!(reset(NEW).status, 401);
    assert_eq!(reset("third-Walrus-91-clamps").errors(), ["key:invalid_password_reset"]);
    assert_eq!((login(&lab, PASSWORD), login(&lab, NEW)), (400, 200));
}

#[test]
fn a_link_ends_with_a_login_with_a_new_address_and_with_its_lifetime() {
    let (lab, mut client) = with_user(&[]);
    let is_dead = |key: &str| {
        let reply = lab.app().get_with("auth/password/reset", ("x-password-reset-key", key));
        reply.errors() == ["key:invalid_password_reset"]
    };
    let key = ask(&lab, &mut lab.app());
    assert!(!is_dead(&key));
    lab.advance(1);
    login(&lab, PASSWORD);
    assert!(is_dead(&key), "a login ends the link");
    let key = ask(&lab, &mut lab.app());
    client.post("account/email", json!({"email": "ada@example.org"}));
    assert!(is_dead(&key), "a new address ends the link");
    let key = ask(&lab, &mut lab.app());
    lab.advance(259_201);
    assert!(is_dead(&key), "the link has expired after three days");
}

/// CVE-2026-43911: a token remained valid after a password change.
#[test]
fn a_password_reset_or_change_ends_every_session_immediately() {
    for by_link in [true, false] {
        let (lab, mut client) = with_user(&[]);
        let mut others = vec![lab.app(), lab.browser(), lab.app()];
        for other in &mut others {
            other.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
            assert_eq!(other.get("auth/session").status, 200);
        }
        let old = client.token.clone();
        if by_link {
            let key = ask(&lab, &mut lab.app());
            lab.app().post("auth/password/reset", json!({"key": key, "password": NEW}));
            assert_eq!(client.get("auth/session").status, 401);
        } else {
            let body = json!({"current_password": PASSWORD, "new_password": NEW});
            assert_eq!(client.post("account/password/change", body).status, 200);
            assert_eq!(client.get("auth/session").status, 200, "the client that changed it has a new token");
            client.token = old;
            assert_eq!(client.get("auth/session").status, 410);
        }
        for other in &mut others {
            // The first request reports that the session has ended. Later requests treat the token as unknown.
            let gone = if other.kind == "app" { 410 } else { 401 };
            for (n, path) in ["auth/session", "account/email", "account/phone", "auth/sessions"].iter().enumerate() {
                assert_eq!(other.get(path).status, if n == 0 { 401 } else { gone }, "{path}");
            }
        }
    }
}

#[test]
fn a_password_change_ends_a_pending_login() {
    let (lab, mut client) = with_user(&[("ACCOUNT_LOGIN_BY_CODE_REQUIRED", "true")]);
    let mut half = lab.app();
    half.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mails("ada@example.com").last().unwrap().key();
    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    let reply = half.post("auth/code/confirm", json!({"code": code}));
    assert_eq!((reply.status, reply.pending()), (401, None));
}

/// CVE-2026-33624: a key worked twice in a race.
#[test]
fn fifty_parallel_uses_of_one_reset_key_succeed_once() {
    for (fault, plan) in plans() {
        let (lab, _) = with_user(&[]);
        let key = ask(&lab, &mut lab.app());
        lab.faults(plan);
        let replies = at_once(50, |n| {
            let password = format!("new-Horse-{n}-battery");
            lab.app().post("auth/password/reset", json!({"key": key, "password": password}))
        });
        assert_orderly(fault, &replies, &[400, 401]);
        lab.faults(json!({}));
        let fits = (0..50).filter(|n| login(&lab, &format!("new-Horse-{n}-battery")) == 200).count();
        let told = replies.iter().filter(|reply| reply.status == 401).count();
        assert!(told <= 1 && fits <= 1, "{fault}: {told} requests succeeded, {fits} passwords work");
        assert!(fault != "none" || (told, fits) == (1, 1));
    }
}

#[test]
fn a_code_resets_once_and_a_weak_password_uses_up_no_attempt() {
    let (lab, _) = with_user(&[CODE]);
    let mut client = lab.app();
    let code = ask(&lab, &mut client);
    assert!(
        client.get("auth/session").json.to_string().contains(r#""password_reset_by_code","is_pending":true"#)
            || client.get("auth/session").pending().as_deref() == Some("password_reset_by_code")
    );
    for _ in 0..5 {
        let reply = client.post("auth/password/reset", json!({"key": code, "password": "short"}));
        assert_eq!(reply.errors(), ["password:password_too_short"]);
    }
    assert_eq!(client.post("auth/password/reset", json!({"key": code, "password": NEW})).status, 401);
    assert_eq!(client.post("auth/password/reset", json!({"key": code, "password": NEW})).status, 409);
    assert_eq!((login(&lab, PASSWORD), login(&lab, NEW)), (400, 200));
}

/// CVE-2026-33624: a code worked twice in a race.
#[test]
fn fifty_parallel_uses_of_one_reset_code_set_one_password() {
    for (fault, plan) in plans() {
        let (lab, _) = with_user(&[CODE]);
        let mut client = lab.app();
        let code = ask(&lab, &mut client);
        let password = |n: usize| format!("another-Zebra-{n}-staple");
        lab.faults(plan);
        let replies =
            at_once(50, |n| client.clone().post("auth/password/reset", json!({"key": code, "password": password(n)})));
        lab.faults(json!({}));
        assert_orderly(fault, &replies, &[400, 401, 409, 410]);
        let done = (0..50).filter(|n| replies[*n].status == 401).collect::<Vec<_>>();
        let working = (0..50).filter(|n| login(&lab, &password(*n)) == 200).collect::<Vec<_>>();
        assert!(done.len() <= 1 && working.len() <= 1, "{fault}: {done:?} {working:?}");
        assert!(done.is_empty() || done == working, "{fault}: {done:?} {working:?}");
        assert!(done.len() == 1 || fault != "none");
    }
}

#[test]
fn of_fifty_parallel_wrong_guesses_at_a_reset_code_three_are_compared() {
    for (fault, plan) in plans() {
        let (lab, _) = with_user(&[CODE]);
        let mut client = lab.app();
        let code = ask(&lab, &mut client);
        lab.faults(plan);
        let guess = json!({"key": "BBBB-BBBB", "password": NEW});
        let replies = at_once(50, |_| client.clone().post("auth/password/reset", guess.clone()));
        assert_orderly(fault, &replies, &[400, 409]);
        let compared = replies.iter().filter(|reply| reply.status == 400).count();
        assert!(compared <= 3, "{fault}: {compared}");
        lab.faults(json!({}));
        if fault == "none" {
            assert_eq!(client.post("auth/password/reset", json!({"key": code, "password": NEW})).status, 409);
        }
    }
}

/// The reference crashes here.
#[test]
fn a_get_request_with_a_reset_code_for_an_unknown_address_gets_a_regular_error() {
    let (lab, _) = with_user(&[CODE]);
    let mut client = lab.app();
    client.post("auth/password/request", json!({"email": "nobody@example.com"}));
    let reply = client.get_with("auth/password/reset", ("x-password-reset-key", "BBBB-BBBB"));
    assert_eq!(reply.errors(), ["key:incorrect_code"]);
}

#[test]
fn with_the_setting_a_reset_logs_in() {
    let (lab, _) = with_user(&[("ACCOUNT_LOGIN_ON_PASSWORD_RESET", "true")]);
    let key = ask(&lab, &mut lab.app());
    let mut client = lab.app();
    let reply = client.post("auth/password/reset", json!({"key": key, "password": NEW}));
    assert_eq!(reply.json["data"]["methods"][0]["method"], "password_reset");
    assert_eq!(client.get("auth/session").status, 200);
}

#[test]
fn asking_for_a_reset_does_not_reveal_whether_the_account_exists() {
    let (lab, _) = with_user(&[]);
    let ask = |email: &str| {
        let mut reply = None;
        let trips = lab.trips(|| reply = Some(lab.app().post("auth/password/request", json!({"email": email}))));
        let reply = reply.unwrap();
        (trips, reply.status, reply.text)
    };
    assert_eq!(ask("ada@example.com"), ask("nobody@example.com"));
    assert!(lab.mail("nobody@example.com").text.contains("/signup"));
}

/// ASVS 5.0 6.2.3, 6.2.5.
#[test]
fn a_change_needs_the_current_password_unless_there_is_none() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["email*"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com"}));
    client.post("auth/email/verify", json!({"key": lab.mail("ada@example.com").key()}));
    let mut change = |body: serde_json::Value| client.post("account/password/change", body);
    assert_eq!(change(json!({"new_password": "12345678"})).errors().len(), 2);
    assert_eq!(change(json!({"new_password": PASSWORD})).json["data"]["user"]["has_usable_password"], true);
    assert_eq!(change(json!({"new_password": NEW})).errors(), ["current_password:required"]);
    let wrong = json!({"current_password": NEW, "new_password": NEW});
    assert_eq!(change(wrong).errors(), ["current_password:enter_current_password"]);
    assert_eq!(change(json!({"current_password": PASSWORD, "new_password": NEW})).status, 200);
    assert_eq!(login(&lab, NEW), 200);
}

#[test]
fn with_the_setting_a_change_logs_out() {
    let (_lab, mut client) = with_user(&[("ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE", "true")]);
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    assert_eq!(client.post("account/password/change", body).status, 401);
    assert_eq!(client.get("auth/session").status, 410);
}

#[test]
fn of_two_password_changes_at_once_one_wins_and_no_other_session_survives() {
    for (fault, plan) in plans() {
        let (lab, client) = with_user(&[]);
        lab.faults(plan);
        let replies = at_once(2, |n| {
            let body = json!({"current_password": PASSWORD, "new_password": format!("new-Horse-{n}-battery")});
            client.clone().post("account/password/change", body)
        });
        assert_orderly(fault, &replies, &[200, 401, 410]);
        lab.faults(json!({}));
        let fits = (0..2).filter(|n| login(&lab, &format!("new-Horse-{n}-battery")) == 200).count();
        assert!(fits <= 1, "{fault}");
        let alive = replies.iter().filter(|reply| {
            let mut client = lab.app();
            client.token = reply.json["meta"]["session_token"].as_str().map(str::to_owned);
            client.token.is_some() && client.get("auth/session").status == 200
        });
        assert!(alive.count() <= 1, "{fault}");
    }
}

/// ASVS 5.0 7.5.1.
#[test]
fn sensitive_changes_need_reauthentication_within_the_time_of_the_setting() {
    let (lab, mut client) = with_user(&[("ACCOUNT_REAUTHENTICATION_REQUIRED", "true")]);
    let add = |client: &mut Client, email: &str| client.post("account/email", json!({"email": email}));
    // A recent login does not count as reauthentication, and invalid input is reported first.
    assert_eq!(add(&mut client, "bad").errors(), ["email:invalid"]);
    let reply = add(&mut client, "b@example.com");
    assert_eq!((reply.status, &reply.json["meta"]["is_authenticated"]), (401, &json!(true)));
    assert_eq!(reply.json["data"]["flows"], json!([{"id": "reauthenticate"}]));
    let wrong = client.post("auth/reauthenticate", json!({"password": NEW}));
    assert_eq!(wrong.errors(), ["password:incorrect_password"]);
    let token = client.token.clone();
    assert_eq!(client.post("auth/reauthenticate", json!({"password": PASSWORD})).status, 200);
    assert_eq!(client.token, token, "the session token is unchanged");
    assert_eq!(add(&mut client, "b@example.com").status, 200);
    lab.advance(301);
    for (method, body) in [
        ("POST", json!({"email": "c@example.com"})),
        ("DELETE", json!({"email": "b@example.com"})),
        ("PATCH", json!({"email": "ada@example.com", "primary": true})),
    ] {
        assert_eq!(client.send(method, "account/email", Some(body.to_string()), &[]).status, 401, "{method}");
    }
    let phone = json!({"phone": "+31612345678"});
    assert_eq!(client.post("account/phone", phone).status, 401);
}

#[test]
fn an_app_that_resets_its_own_password_loses_its_session() {
    for setting in [OFF, CODE] {
        let (lab, mut client) = with_user(&[setting]);
        let key = ask(&lab, &mut client);
        let reply = client.post("auth/password/reset", json!({"key": key, "password": NEW}));
        assert_eq!((reply.status, &reply.json["meta"]["session_token"]), (200, &json!(null)));
        assert_eq!([client.get("account/email").status, client.get("account/email").status], [401, 410]);
    }
    let (lab, mut client) = with_user(&[("ACCOUNT_LOGIN_ON_PASSWORD_RESET", "true")]);
    let key = ask(&lab, &mut client);
    let reply = client.post("auth/password/reset", json!({"key": key, "password": NEW}));
    assert_eq!((reply.status, &reply.json["data"]["methods"]), (200, &json!([])));
    assert_eq!(client.get("account/email").status, 200, "a new session replaces the old one");
}

#[test]
fn the_correct_reset_code_also_verifies_the_address() {
    let settings = [CODE, OFF, ("ACCOUNT_EMAIL_VERIFICATION", "optional")];
    let lab = Lab::start(&settings);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let mut other = lab.app();
    let code = ask(&lab, &mut other);
    let verified = |client: &mut Client| client.get("account/email").json["data"][0]["verified"].clone();
    other.get_with("auth/password/reset", ("x-password-reset-key", "BBBB-BBBB"));
    assert_eq!(verified(&mut client), false);
    other.get_with("auth/password/reset", ("x-password-reset-key", &code));
    assert_eq!(verified(&mut client), true);
    assert_eq!(other.post("auth/password/reset", json!({"key": code, "password": NEW})).status, 401);
}

#[test]
fn a_pending_reset_survives_a_login() {
    let (lab, _) = with_user(&[CODE]);
    let mut client = lab.app();
    let code = ask(&lab, &mut client);
    client.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(client.post("auth/password/reset", json!({"key": code, "password": NEW})).status, 200);
    assert_eq!((login(&lab, PASSWORD), login(&lab, NEW)), (400, 200));
}

/// A link is mailed even if it expires before the delivery.
#[test]
fn a_link_that_expires_at_once_is_still_mailed() {
    let settings = [("ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS", "0"), ("ACCOUNT_EMAIL_VERIFICATION", "mandatory")];
    let lab = Lab::start(&settings);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let key = lab.mail("ada@example.com").key();
    lab.advance(1);
    let reply = lab.app().post("auth/email/verify", json!({"key": key}));
    assert_eq!(reply.errors(), ["key:invalid_or_expired_key"]);
}

#[test]
fn ended_sessions_are_deleted_by_the_next_login_or_list() {
    let (lab, mut client) = with_user(&[]);
    let others = || {
        let mut other = lab.app();
        other.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
        other
    };
    let (mut told, mut listed, mut late) = (others(), others(), others());
    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    assert_eq!(told.get("auth/session").status, 401);
    assert_eq!(client.get("auth/sessions").json["data"].as_array().unwrap().len(), 1);
    assert_eq!(listed.get("auth/session").status, 410);
    client.post("account/password/change", json!({"current_password": NEW, "new_password": PASSWORD}));
    let mut again = others();
    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    login(&lab, NEW);
    assert_eq!([again.get("auth/session").status, late.get("auth/session").status], [410, 410]);
}
