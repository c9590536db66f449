//! The tests of the service. Each starts its own Latchkey service.

use lab_rust::member;
use latchkey_lab::Lab;
use serde_json::{Value, json};
use std::time::Duration;

const PASSWORD: &str = "correct-Horse-42";

fn post(lab: &Lab, path: &str, body: Value) -> Value {
    let request = ureq::post(format!("{}/_allauth/app/v1/{path}", lab.url()));
    let request = request.config().http_status_as_error(false).build();
    request.send_json(body).unwrap().body_mut().read_json().unwrap()
}

fn login(lab: &Lab, email: &str) -> String {
    let answer = post(lab, "auth/login", json!({"email": email, "password": PASSWORD}));
    answer["meta"]["session_token"].as_str().unwrap().to_owned()
}

#[test]
fn a_member_is_known_until_the_session_ends() {
    let lab = Lab::start();
    post(&lab, "auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let mail = lab.inbox().last("ada@example.com");
    let key = mail.links[0].trim_end_matches('/').rsplit('/').next().unwrap();
    post(&lab, "auth/email/verify", json!({"key": key}));

    let token = login(&lab, "ada@example.com");
    assert_eq!(member(lab.url(), &token).unwrap().as_deref(), Some("ada@example.com"));
    lab.clock().advance(Duration::from_secs(15 * 24 * 3600));
    assert_eq!(member(lab.url(), &token).unwrap(), None);
}

#[test]
fn an_outage_does_not_look_like_a_logout() {
    let accounts = json!([{"email": "ada@example.com", "password": PASSWORD, "verified": true}]);
    let lab = Lab::builder().accounts(&accounts).start();
    let token = login(&lab, "ada@example.com");
    lab.faults(&json!({"throttle": {"percent": 100}}));
    assert!(member(lab.url(), &token).is_err());
    lab.faults(&json!({}));
    assert!(member(lab.url(), &token).unwrap().is_some());
}

#[test]
fn a_reset_removes_sessions_and_restores_the_accounts() {
    let accounts = json!([{"email": "ada@example.com", "password": PASSWORD, "verified": true}]);
    let lab = Lab::builder().accounts(&accounts).start();
    let token = login(&lab, "ada@example.com");
    lab.reset();
    assert_eq!(member(lab.url(), &token).unwrap(), None);
    login(&lab, "ada@example.com");
}
