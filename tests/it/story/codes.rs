//! Tests of logins by mailed code.

use crate::lab::{Client, Lab, PASSWORD, at_once};
use crate::story::races::{assert_one_success, assert_orderly, plans};
use serde_json::json;

const SETTINGS: [(&str, &str); 4] = [
    ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", "1"),
    ("ACCOUNT_EMAIL_VERIFICATION", "optional"),
    ("ACCOUNT_RATE_LIMITS", "false"),
];

/// Starts a service with an account. Returns a client that has asked for a login code, and the code.
fn asked() -> (Lab, Client, String) {
    let lab = Lab::start(&SETTINGS);
    lab.user(&mut lab.app(), "ada@example.com");
    let mut client = lab.app();
    let reply = client.post("auth/code/request", json!({"email": "Ada@example.com"}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("login_by_code")));
    let code = lab.mail("ada@example.com").key();
    (lab, client, code)
}

#[test]
fn a_code_logs_in_and_verifies_the_address_that_received_it() {
    let (_lab, mut client, code) = asked();
    let reply = client.post("auth/code/confirm", json!({"code": code.to_lowercase()}));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json["data"]["methods"][0]["method"], "code");
    assert_eq!(client.get("account/email").json["data"][0]["verified"], true);
}

#[test]
fn a_resent_code_replaces_the_earlier_one() {
    let (lab, mut client, first) = asked();
    assert_eq!(client.post("auth/code/resend", json!({})).status, 200);
    assert_eq!(client.post("auth/code/resend", json!({})).status, 409);
    let second = lab.mails("ada@example.com").last().unwrap().key();
    assert_eq!(client.post("auth/code/confirm", json!({"code": first})).errors(), ["code:incorrect_code"]);
    assert_eq!(client.post("auth/code/confirm", json!({"code": second})).status, 200);
}

/// ASVS 5.0 6.5.5, 6.6.2: a code is valid for minutes, and only in the session that asked for it.
#[test]
fn a_code_is_valid_for_three_minutes_and_only_in_the_session_that_asked() {
    let (lab, mut client, code) = asked();
    assert_eq!(lab.app().post("auth/code/confirm", json!({"code": code})).status, 409);
    lab.advance(181);
    assert_eq!(client.post("auth/code/confirm", json!({"code": code})).status, 409);
    assert_eq!(client.get("auth/session").pending(), None);
}

#[test]
fn an_unknown_address_gets_the_same_answer_and_an_explaining_mail() {
    let (lab, _, _) = asked();
    let walk = |email: &str| {
        let mut client = lab.app();
        let trips = lab.trips(|| drop(client.post("auth/code/request", json!({"email": email}))));
        let replies = (0..4).map(|_| client.post("auth/code/confirm", json!({"code": "BBBB-BBBB"})));
        let replies = replies.map(|reply| (reply.status, reply.errors())).collect::<Vec<_>>();
        (trips, replies)
    };
    assert_eq!(walk("ada@example.com"), walk("nobody@example.com"));
    let mail = lab.mail("nobody@example.com");
    assert!(mail.text.contains("https://app.example.test/signup"), "{}", mail.text);
}

/// CVE-2026-33624: two parallel requests with the same code both succeeded.
#[test]
fn fifty_parallel_uses_of_one_login_code_succeed_once() {
    for (fault, plan) in plans() {
        let (lab, client, code) = asked();
        lab.faults(plan);
        let replies = at_once(50, |_| client.clone().post("auth/code/confirm", json!({"code": code})));
        assert_orderly(fault, &replies, &[200, 400, 409]);
        assert_one_success(fault, &replies);
    }
}

#[test]
fn of_fifty_parallel_wrong_guesses_at_a_login_code_three_are_compared() {
    for (fault, plan) in plans() {
        let (lab, client, _) = asked();
        lab.faults(plan);
        let replies = at_once(50, |_| client.clone().post("auth/code/confirm", json!({"code": "BBBB-BBBB"})));
        assert_orderly(fault, &replies, &[400, 409]);
        let compared = replies.iter().filter(|reply| reply.status == 400).count();
        assert!(compared <= 3 && (fault != "none" || compared == 3), "{fault}: {compared}");
    }
}

#[test]
fn if_a_code_is_required_a_password_alone_does_not_log_in() {
    let lab = Lab::start(&[
        ("ACCOUNT_LOGIN_BY_CODE_REQUIRED", r#"["password"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION", "none"),
        ("ACCOUNT_RATE_LIMITS", "false"),
    ]);
    let mut client = lab.app();
    let email = "ada@example.com";
    let reply = client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
    assert_eq!(reply.pending().as_deref(), Some("login_by_code"));
    assert_eq!(client.post("auth/code/confirm", json!({"code": lab.mail(email).key()})).status, 200);
    let mut client = lab.app();
    let reply = client.post("auth/login", json!({"email": email, "password": PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("login_by_code")));
    for (method, path) in [("GET", "account/email"), ("GET", "auth/sessions"), ("POST", "account/password/change")] {
        let reply = client.send(method, path, Some("{}".to_owned()), &[]);
        assert_eq!(reply.status, 401, "{path} is refused before the code");
    }
    let code = lab.mails(email).last().unwrap().key();
    let reply = client.post("auth/code/confirm", json!({"code": code}));
    let methods = reply.json["data"]["methods"].as_array().unwrap();
    assert_eq!(methods.iter().map(|method| &method["method"]).collect::<Vec<_>>(), ["password", "code"]);
}

#[test]
fn a_logged_in_user_can_ask_for_a_code_but_cannot_log_in_with_it() {
    let (lab, _, _) = asked();
    let mut client = lab.app();
    client.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    let before = lab.mails("ada@example.com").len();
    assert_eq!(client.post("auth/code/request", json!({"email": "ada@example.com"})).status, 200);
    assert_eq!(client.post("auth/code/resend", json!({})).status, 200);
    let mails = lab.mails("ada@example.com");
    assert_eq!(mails.len(), before + 2);
    let reply = client.post("auth/code/confirm", json!({"code": mails.last().unwrap().key()}));
    assert_eq!((reply.status, client.get("account/email").status), (409, 200));
}
