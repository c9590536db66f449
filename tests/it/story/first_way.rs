//! Tests of the basic flow: sign up, verify, log in, read the session, log out.

use crate::lab::{Client, Lab, PASSWORD};
use serde_json::json;

fn walk(lab: &Lab, mut client: Client, email: &str) {
    let reply = client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_email")));

    let key = lab.mail(email).key();
    let reply = client.get_with("auth/email/verify", ("x-email-verification-key", &key));
    assert_eq!((reply.status, &reply.json["data"]["email"]), (200, &json!(email)));
    let reply = client.post("auth/email/verify", json!({"key": key}));
    assert_eq!((reply.status, reply.pending()), (401, None));

    let reply = client.post("auth/login", json!({"email": email, "password": PASSWORD}));
    assert_eq!((reply.status, &reply.json["meta"]["is_authenticated"]), (200, &json!(true)));
    let reply = client.get("auth/session");
    assert_eq!((reply.status, &reply.json["data"]["user"]["email"]), (200, &json!(email)));
    assert_eq!(reply.json["data"]["methods"][0]["method"], "password");

    assert_eq!(client.delete("auth/session").status, 401);
    let after = client.get("auth/session").status;
    assert_eq!(after, if client.kind == "app" { 410 } else { 401 });
}

#[test]
fn an_app_signs_up_verifies_logs_in_and_out() {
    let lab = Lab::start(&[]);
    walk(&lab, lab.app(), "ada@example.com");
}

#[test]
fn a_browser_signs_up_verifies_logs_in_and_out() {
    let lab = Lab::start(&[]);
    walk(&lab, lab.browser(), "grace@example.com");
}
