//! Attacks on second factors.

use super::{GUESSES, JWT_MFA, OFF, entered, has_factor, is_locked, lab};
use crate::lab::{Lab, PASSWORD, at_once, code_of};
use crate::story::apis::{APIS, Api, EMAIL, NEW, Visitor};
use crate::story::passkeys;
use serde_json::json;

/// An attacker who knows the password, and has sessions from before the owner enrolled, guesses the second factor. In
/// this test, enrolling does not end other sessions. No request of such a session may reset the counter of guesses.
#[test]
fn an_older_session_cannot_reset_the_guess_counter_of_the_second_factor() {
    let settings = [GUESSES, JWT_MFA, ("LATCHKEY_MFA_CHANGE_ENDS_SESSIONS", "false")];
    let types = ("MFA_SUPPORTED_TYPES", r#"["totp", "webauthn", "recovery_codes"]"#);
    let lab = lab(&[&settings[..], &[types]].concat());
    let mut old = APIS.map(|api| entered(&lab, api));
    for visitor in &mut old {
        visitor.prove_again();
        visitor.begin_app();
        assert!(visitor.secret.is_some(), "{:?}", visitor.api);
    }
    entered(&lab, Api::App).enroll();

    let walk = |old: &mut [Visitor<'_>; 4], with_password: bool| {
        for visitor in old {
            let mut replies = vec![visitor.finish_app()];
            visitor.begin_app();
            replies.push(visitor.finish_app());
            match visitor.api {
                Api::App | Api::Browser => {
                    let client = &mut visitor.client;
                    replies.push(client.post("account/authenticators/totp", json!({"code": "000000"})));
                    client.post("auth/reauthenticate", json!({"password": PASSWORD}));
                    client.get("account/authenticators");
                    client.get("account/authenticators/webauthn");
                    client.get("auth/webauthn/reauthenticate");
                    client.get("account/authenticators/recovery-codes");
                    client.post("account/authenticators/recovery-codes", json!({}));
                    replies.push(client.post("account/authenticators/webauthn", json!({"credential": {}})));
                    client.get("auth/sessions");
                }
                Api::Flat => {
                    let body = json!({"secret": "JBSWY3DPEHPK3PXP", "code": "000000"});
                    replies.push(visitor.flat("POST", "mfa/totp/confirm/", body));
                    visitor.flat("GET", "user/", json!({}));
                }
                Api::Jwt => {
                    let bearer = &mut visitor.bearer;
                    replies.push(bearer.post("mfa/activate/", json!({"code": "000000"})));
                    if with_password {
                        replies.push(bearer.post("mfa/deactivate/", json!({"password": "wrong-Horse-42"})));
                    }
                    bearer.get("mfa/authenticators/");
                    bearer.post("refresh/", json!({}));
                }
            }
            for reply in replies {
                assert_ne!(reply.status, 200, "{:?}: {}", visitor.api, reply.text);
            }
        }
    };
    // The headless and the flat API share one counter. The JWT API has its own.
    for apis in [&[Api::App, Api::Flat, Api::Browser][..], &[Api::Jwt]] {
        let most = if apis.len() == 1 { 10 } else { 5 };
        let mut compared = 0;
        for n in 0..20 {
            let api = apis[n % apis.len()];
            let mut thief = Visitor::new(&lab, api);
            let waits = thief.login(EMAIL, PASSWORD);
            if thief.outcome(&waits) != "mfa_authenticate" {
                assert_eq!(waits.status, 429, "{}", waits.text);
                break;
            }
            let reply = thief.show("000000");
            if reply.text.contains("too_many_login_attempts") || reply.status == 429 {
                break;
            }
            compared += 1;
            if n % 3 == 2 {
                walk(&mut old, n == 2);
            }
        }
        assert!(compared <= most, "{compared} guesses at {apis:?}");
        assert!(compared >= 5, "{compared}");
    }
    walk(&mut old, false);
    let mut thief = Visitor::new(&lab, Api::App);
    thief.login(EMAIL, PASSWORD);
    let reply = thief.show("000000");
    assert!(is_locked(&reply), "{}", reply.text);
    assert_eq!(Visitor::new(&lab, Api::Jwt).login(EMAIL, PASSWORD).status, 429);
}

/// Codes for setting up an app and codes of second factors have separate counters.
#[test]
fn setting_up_an_app_does_not_change_the_guess_counter() {
    let lab = Lab::start(&[&passkeys::SETTINGS[..], &[GUESSES]].concat());
    let mut owner = Visitor::new(&lab, Api::App);
    lab.user(&mut owner.client, EMAIL);
    let reply = passkeys::add(&mut owner.client, &mut passkeys::device(1));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let guess = || {
        let mut thief = Visitor::new(&lab, Api::Flat);
        assert_eq!(thief.enter(EMAIL, PASSWORD), "mfa_authenticate");
        let reply = thief.show("00000000");
        thief.outcome(&reply)
    };
    owner.begin_app();
    for _ in 0..4 {
        let reply = owner.client.post("account/authenticators/totp", json!({"code": "000000x"}));
        assert_eq!(reply.errors(), ["code:incorrect_code"]);
    }
    for _ in 0..4 {
        assert_eq!(guess(), "incorrect_code");
    }
    assert_eq!(owner.finish_app().status, 200);
    assert_eq!([guess(), guess()], ["incorrect_code", "too_many_login_attempts"]);
}

/// ASVS 5.0 7.4.3.
#[test]
fn enrolling_ends_the_other_sessions_and_what_they_began() {
    for owner in APIS {
        let lab = lab(&[OFF, JWT_MFA]);
        let mut others = APIS.map(|api| entered(&lab, api));
        for other in &mut others {
            other.prove_again();
            other.begin_app();
            assert!(other.secret.is_some());
        }
        let ceremony = others[0].client.get("account/authenticators/webauthn");
        assert!([200, 404].contains(&ceremony.status), "{}", ceremony.text);
        let mut keeper = entered(&lab, owner);
        // The JWT API keeps one pending secret per account. This one replaces the others.
        keeper.enroll();
        assert!(keeper.is_in(), "{owner:?}: the session that enrolled is still valid");
        for other in &mut others {
            let mut late = other.clone();
            assert!(!other.is_in(), "{:?} after {owner:?}", other.api);
            for reply in [late.finish_app(), late.begin_app()] {
                assert!([401, 410].contains(&reply.status), "{:?} after {owner:?}: {}", late.api, reply.text);
            }
        }
        assert_eq!(others[3].bearer.post("refresh/", json!({})).status, 401);
        // Removing the app also ends the other sessions.
        if owner == Api::Jwt {
            lab.advance(60);
            let mut other = Visitor::new(&lab, Api::App);
            other.login(EMAIL, PASSWORD);
            let code = code_of(keeper.secret.as_deref().unwrap(), lab.now());
            assert_eq!(other.show(&code).status, 200);
            let reply = keeper.bearer.post("mfa/deactivate/", json!({"password": PASSWORD}));
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert!(keeper.is_in() && !other.is_in());
        }
    }
}

/// When one login sets up a second factor, other logins that wait for the same step end.
#[test]
fn enrolling_ends_other_logins_that_wait_to_enroll() {
    let lab = lab(&[OFF, ("JWT_ALLAUTH_MFA_TOTP_MODE", "required")]);
    let waiting = || {
        let mut visitor = Visitor::new(&lab, Api::Jwt);
        assert_eq!(visitor.enter(EMAIL, PASSWORD), "mfa_setup");
        visitor
    };
    let (mut owner, mut thief) = (waiting(), waiting());
    thief.begin_app();
    owner.begin_app();
    assert_eq!(owner.finish_app().status, 200);
    assert!(owner.is_in());
    for reply in [thief.finish_app(), thief.begin_app(), thief.finish_app()] {
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    assert!(has_factor(&lab));
}

/// An attacker who signs up with another person's address must not be able to lock its owner out of the account later.
#[test]
fn no_factor_can_be_set_up_before_the_address_is_verified() {
    for api in APIS {
        let lab = Lab::start(&[OFF, JWT_MFA, ("EMAIL_VERIFICATION", "optional")]);
        let mut thief = Visitor::new(&lab, api);
        thief.sign_up(EMAIL, PASSWORD);
        assert!(thief.is_in(), "{api:?}");
        thief.prove_again();
        let (begun, finished) = (thief.begin_app(), thief.finish_app());
        assert!(![200, 409].contains(&finished.status), "{api:?}: {}", finished.text);
        if api == Api::Jwt {
            assert_eq!((begun.status, begun.json["code"].as_str()), (401, Some("email_not_verified")));
        }
        assert!(!has_factor(&lab), "{api:?}");
    }
    // The JWT API also refuses it before the first login.
    let lab = Lab::start(&[OFF, ("JWT_ALLAUTH_MFA_TOTP_MODE", "required")]);
    let mut thief = Visitor::new(&lab, Api::Jwt);
    let reply = thief.sign_up(EMAIL, PASSWORD);
    thief.token = reply.json["setup_challenge_id"].as_str().map(str::to_owned);
    assert!(thief.token.is_some(), "{}", reply.text);
    for reply in [thief.begin_app(), thief.finish_app()] {
        assert!([400, 401].contains(&reply.status), "{}", reply.text);
    }
    // When the address is verified, the login that registered can continue.
    lab.bearer().get(&lab.mail(EMAIL).link());
    assert_eq!(thief.begin_app().status, 200);
    assert_eq!(thief.finish_app().status, 200);
    assert!(thief.is_in());
}

/// ASVS 5.0 7.5.1.
#[test]
fn no_factor_can_be_set_up_without_recent_authentication() {
    let lab = lab(&[OFF, JWT_MFA]);
    for (api, status) in APIS.into_iter().zip([401, 401, 401, 403]) {
        let mut thief = entered(&lab, api);
        thief.prove_again();
        thief.begin_app();
        let begun = thief.secret.clone();
        lab.advance(301);
        thief.secret = begun;
        let reply = thief.finish_app();
        // The pending secret of the JWT API has expired by then.
        let is_over = api == Api::Jwt && reply.text.contains("Setup not initiated");
        assert!(reply.status == status || is_over, "{api:?}: {}", reply.text);
        if api == Api::Jwt {
            let reply = thief.begin_app();
            assert_eq!((reply.status, &reply.json["code"]), (403, &json!("reauthentication_required")));
        }
        assert!(!has_factor(&lab), "{api:?}");
    }
}

/// Each code can be used once, across all APIs.
#[test]
fn a_code_that_is_sent_to_every_api_in_one_moment_is_accepted_once() {
    let lab = lab(&[OFF, JWT_MFA, ("MFA_TOTP_TOLERANCE", "1"), ("JWT_ALLAUTH_MFA_MAX_ATTEMPTS", "0")]);
    let mut owner = entered(&lab, Api::Jwt);
    owner.begin_app();
    let reply = owner.finish_app();
    let recovery: Vec<String> = serde_json::from_value(reply.json["recovery_codes"].clone()).unwrap();
    let secret = owner.secret.clone().unwrap();
    lab.advance(90);
    for code in [code_of(&secret, lab.now()), recovery[0].clone()] {
        let waiting = (0..20).map(|n| {
            let mut visitor = Visitor::new(&lab, APIS[n % 4]);
            assert_eq!(visitor.enter(EMAIL, PASSWORD), "mfa_authenticate");
            visitor
        });
        let waiting = waiting.collect::<Vec<_>>();
        let ins = at_once(20, |n| {
            let mut visitor = waiting[n].clone();
            let reply = visitor.show(&code);
            let is_in = visitor.outcome(&reply) == "in";
            assert!(is_in || [400, 401].contains(&reply.status), "{:?}: {}", visitor.api, reply.text);
            assert_eq!(visitor.is_in(), is_in);
            is_in
        });
        assert_eq!(ins.iter().filter(|is_in| **is_in).count(), 1, "{code}");
    }
}

/// The lockout of the JWT API's second factor ends after its time, or with a correct code in that API.
#[test]
fn the_lockout_of_the_jwt_api_ends_only_with_its_time_or_a_correct_code() {
    let lab = lab(&[OFF, JWT_MFA]);
    let mut owner = entered(&lab, Api::Jwt);
    let secret = owner.enroll();
    let locked = || Visitor::new(&lab, Api::Jwt).login(EMAIL, PASSWORD).status == 429;
    while !locked() {
        let mut thief = Visitor::new(&lab, Api::Jwt);
        thief.login(EMAIL, PASSWORD);
        for _ in 0..5 {
            thief.show("000000");
        }
    }
    lab.advance(60);
    for api in [Api::App, Api::Browser, Api::Flat] {
        let mut visitor = Visitor::new(&lab, api);
        visitor.login(EMAIL, PASSWORD);
        lab.advance(31);
        let reply = visitor.show(&code_of(&secret, lab.now()));
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(locked(), "a correct code in another API does not end the lockout");
    }
    owner.bearer.post("mfa/setup/", json!({}));
    owner.bearer.post("mfa/activate/", json!({"code": code_of(&secret, lab.now())}));
    owner.bearer.post("refresh/", json!({}));
    assert!(locked());
    // A password reset also gives a challenge, but that does not avoid the lockout.
    let mut visitor = Visitor::new(&lab, Api::Jwt);
    let mail = visitor.forget(EMAIL).unwrap();
    let reply = visitor.reset(&mail, NEW);
    visitor.token = reply.json["challenge_id"].as_str().map(str::to_owned);
    lab.advance(31);
    let reply = visitor.show(&code_of(&secret, lab.now()));
    assert_ne!(reply.status, 200, "{}", reply.text);
    assert!(!visitor.is_in());
    lab.advance(900);
    assert_eq!(Visitor::new(&lab, Api::Jwt).login(EMAIL, NEW).status, 200);
}
