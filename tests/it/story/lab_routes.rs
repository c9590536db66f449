//! Tests of the lab's HTTP interface, as the tests of other software use it.

use crate::lab::{Lab, PASSWORD, Reply, call};
use serde_json::json;
use std::process::Command;
use std::time::Duration;

const JSON: (&str, &str) = ("content-type", "application/json");

fn lab_call(lab: &Lab, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
    call(&lab.url, method, &format!("/_latchkey/lab/{path}"), headers, body.map(str::to_owned))
}

#[test]
fn the_inbox_shows_a_mail_with_its_link_and_a_text_message_with_its_code() {
    let phones = [
        ("ACCOUNT_LOGIN_METHODS", r#"["phone", "email"]"#),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["phone*", "email*", "password1*"]"#),
    ];
    let lab = Lab::start(&phones);
    let account = json!({"email": "ada@example.com", "phone": "+31612345678", "password": PASSWORD});
    let mut client = lab.app();
    client.post("auth/signup", account);
    let sms = lab_call(&lab, "GET", "inbox?to=%2B31612345678", &[], None).json["messages"][0].clone();
    assert_eq!((&sms["kind"], &sms["to"]), (&json!("sms"), &json!("+31612345678")), "{sms}");
    client.post("auth/phone/verify", json!({"code": sms["code"]}));
    let mail = lab_call(&lab, "GET", "inbox?to=Ada@example.com", &[], None).json["messages"][0].clone();
    assert_eq!((&mail["kind"], &mail["to"]), (&json!("mail"), &json!("ada@example.com")), "{mail}");
    assert!(mail["links"][0].as_str().unwrap().starts_with("https://app.example.test/verify-email/"), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains(mail["links"][0].as_str().unwrap()), "{mail}");
    lab.inbox().clear();
    assert!(lab.inbox().all().is_empty());
}

#[test]
fn the_clock_runs_until_it_is_frozen_and_never_goes_back() {
    let lab = Lab::start(&[]);
    lab.clock().run();
    let before = lab.now();
    lab.clock().advance(Duration::from_secs(3600));
    assert!((3600..3660).contains(&(lab.now() - before)));
    lab.clock().freeze();
    assert_eq!(lab.now(), lab.now());
    for wrong in [r#"{"advance": -1}"#, r#"{"advance": "1"}"#, r#"{"set": 1}"#] {
        let reply = lab_call(&lab, "POST", "clock", &[JSON], Some(wrong));
        assert_eq!(reply.status, 422, "{wrong} {}", reply.text);
    }
    assert_eq!(lab_call(&lab, "GET", "clock", &[], None).json, json!({"now": lab.now(), "frozen": true}));
}

/// Tokens from before the reset keep valid signatures, because other services may have cached the keys.
#[test]
fn a_reset_keeps_the_initial_accounts_and_the_signing_keys() {
    let first = json!([{"email": "ada@example.com", "password": PASSWORD, "verified": true}]);
    let lab = Lab::with_accounts(&first, &[("HEADLESS_TOKEN_STRATEGY", "jwt"), ("ACCOUNT_RATE_LIMITS", "false")]);
    let login = |email: &str| lab.app().post("auth/login", json!({"email": email, "password": PASSWORD})).status;
    let (mut ada, mut eve) = (lab.app(), lab.app());
    assert_eq!(ada.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD})).status, 200);
    lab.user(&mut eve, "eve@example.com");
    let keys = || call(&lab.url, "GET", "/.well-known/jwks.json", &[], None).json;
    let (now, published) = (lab.now(), keys());
    lab.faults(json!({"throttle": {"percent": 100}}));
    lab.reset();
    assert_eq!(ada.get("auth/session").status, 410, "a reset ends sessions");
    assert_eq!((login("ada@example.com"), login("eve@example.com")), (200, 400));
    assert!(lab.inbox().all().is_empty());
    assert_eq!((keys(), lab.now()), (published, now));
    lab.user(&mut lab.app(), "eve@example.com");
}

/// Otherwise any page in a developer's browser could read their login links.
#[test]
fn the_lab_refuses_web_pages_of_other_hosts() {
    let lab = Lab::start(&[]);
    for header in [("origin", "https://evil.example"), ("host", "evil.example"), ("origin", "null")] {
        for (method, path) in [("GET", "inbox"), ("POST", "reset"), ("DELETE", "inbox")] {
            assert_eq!(lab_call(&lab, method, path, &[header], None).status, 403, "{header:?} {method} {path}");
        }
    }
    assert_eq!(lab_call(&lab, "GET", "inbox", &[("origin", "http://localhost:3000")], None).status, 200);
}

fn latchkey(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-service"));
    command.env_clear().args(arguments);
    command
}

#[test]
fn a_lab_does_not_start_on_an_address_that_other_machines_can_reach() {
    let folder = tempfile::tempdir().unwrap();
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8000", "[::ffff:127.0.0.1]:0"] {
        let out = latchkey(&["serve", "--lab", "--listen", listen]).current_dir(&folder).output().unwrap();
        let errors = String::from_utf8(out.stderr).unwrap();
        assert_eq!((out.status.code(), errors.contains("--lab needs a loopback address")), (Some(2), true), "{errors}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing was created");
}
