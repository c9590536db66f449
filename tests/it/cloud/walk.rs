//! Tests of the basic flow across the functions: sign up, verify, log in, read the session, log out.

use super::deployment::{Cloud, Ground};
use super::gateway::Visitor;
use crate::lab::PASSWORD;
use serde_json::json;
use std::collections::BTreeSet;

/// Runs the basic flow. Returns the key that was mailed.
pub fn walk<G: Ground>(cloud: &Cloud<G>, visitor: &mut Visitor, email: &str) -> String {
    let reply = visitor.get("config");
    assert_eq!((reply.status, &reply.json["data"]["account"]["is_open_for_signup"]), (200, &json!(true)));
    let reply = visitor.post("auth/signup", json!({"email": email, "password": PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_email")));

    assert_eq!(cloud.deliver(), Ok(json!({"batchItemFailures": []})));
    let mails = cloud.mails(email);
    assert_eq!(mails.len(), 1, "{mails:?}");
    let key = mails[0].key();
    let reply = visitor.get_with("auth/email/verify", ("x-email-verification-key", &key));
    assert_eq!((reply.status, &reply.json["data"]["email"]), (200, &json!(email)));
    let reply = visitor.post("auth/email/verify", json!({"key": key}));
    assert_eq!((reply.status, reply.pending()), (401, None));

    let reply = visitor.post("auth/login", json!({"email": email, "password": PASSWORD}));
    assert_eq!((reply.status, &reply.json["meta"]["is_authenticated"]), (200, &json!(true)));
    let reply = visitor.get("auth/session");
    assert_eq!((reply.status, &reply.json["data"]["user"]["email"]), (200, &json!(email)));

    assert_eq!(visitor.delete("auth/session").status, 401);
    let after = visitor.get("auth/session").status;
    assert_eq!(after, if visitor.kind == "app" { 410 } else { 401 });
    key
}

#[test]
fn an_app_signs_up_verifies_logs_in_and_out() {
    let cloud = Cloud::start(&[]);
    walk(&cloud, &mut cloud.gateway.app(), "ada@example.com");
}

#[test]
fn a_browser_signs_up_verifies_logs_in_and_out() {
    let cloud = Cloud::start(&[]);
    walk(&cloud, &mut cloud.gateway.browser(), "grace@example.com");
}

#[test]
fn bodies_in_base64_are_decoded() {
    let cloud = Cloud::start(&[]);
    let mut visitor = cloud.gateway.app();
    visitor.base64 = true;
    walk(&cloud, &mut visitor, "bodies@example.com");
}

#[test]
fn the_logs_report_what_happened_without_secrets_or_personal_data() {
    let cloud = Cloud::start(&[]);
    let mut secrets = vec![PASSWORD.to_owned(), "a-Wrong-83-password".to_owned()];
    let (app, browser) = (cloud.gateway.app(), cloud.gateway.browser());
    for (mut visitor, email) in [(app, "ada@example.com"), (browser, "eve@example.com")] {
        visitor.ip = "198.51.100.23".to_owned();
        secrets.push(walk(&cloud, &mut visitor, email));
        visitor.token = None;
        assert_eq!(visitor.post("auth/login", json!({"email": email, "password": secrets[1]})).status, 400);
        visitor.post("auth/login", json!({"email": email, "password": PASSWORD}));
        secrets.extend(visitor.token.into_iter().chain(visitor.cookies.into_values()));
        secrets.extend([email.to_owned(), visitor.ip]);
    }
    // The two passwords, then a key, an email address and an IP address for each client, then a session token, a
    // session cookie and a CSRF cookie.
    assert_eq!(secrets.len(), 2 + 2 * 3 + 3);

    let functions = [&cloud.gateway.config, &cloud.gateway.auth];
    let asked_config = 2;
    for (function, requests) in functions.iter().zip([asked_config, cloud.gateway.passed() - asked_config]) {
        let lines = function.logged("operation", requests);
        assert_eq!(lines.len(), requests, "one line per request");
        assert!(lines.iter().all(|line| line["status"].is_u64() && line["outcome"].is_string()), "{lines:?}");
    }
    assert_eq!(cloud.mailer.logged("event", 2).len(), 2, "one line per mail");
    let mut requests = BTreeSet::new();
    for line in functions.iter().flat_map(|function| function.logged("operation", 1)) {
        let request = line["request_id"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
        let trace = line["trace_id"].as_str().unwrap();
        assert!(trace.starts_with("1-") && trace.contains(&request), "the ids of the request and its trace: {line}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z') && line["level"] == "INFO", "{line}");
        assert!(requests.insert(request), "{line}");
    }
    assert!(cloud.mailer.logged("event", 2).iter().all(|line| line["request_id"].is_string()));
    let log = cloud.log();
    let told = secrets.iter().filter(|secret| log.contains(secret.as_str())).collect::<Vec<_>>();
    assert!(told.is_empty(), "{told:?}\n{log}");
}
