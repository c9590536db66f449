//! Tests of rate limits.

use crate::lab::{Lab, PASSWORD, Reply, at_once, call};
use serde_json::json;

fn login(lab: &Lab, email: &str, password: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let body = json!({"email": email, "password": password}).to_string();
    let reply = lab.app().send("POST", "auth/login", Some(body), headers);
    (reply.status, reply.errors().join(" "))
}

const TOO_MANY: &str = ":too_many_login_attempts";

#[test]
fn after_too_many_failures_even_the_correct_password_is_refused_until_the_time_has_passed() {
    let lab = Lab::start(&[]);
    lab.user(&mut lab.app(), "ada@example.com");
    for _ in 0..5 {
        assert_eq!(login(&lab, "ada@example.com", "wrong", &[]).1, "password:email_password_mismatch");
    }
    assert_eq!(login(&lab, "Ada@Example.com", PASSWORD, &[]), (400, TOO_MANY.to_owned()));
    lab.advance(301);
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).0, 200);
}

/// A successful login must not reset the counter of failures.
#[test]
fn a_successful_login_does_not_clear_earlier_failures() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", r#"{"login_failed": "3/m/key"}"#)]);
    lab.user(&mut lab.app(), "ada@example.com");
    for _ in 0..2 {
        login(&lab, "ada@example.com", "wrong", &[]);
    }
    for _ in 0..3 {
        assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).0, 200);
    }
    assert_eq!(login(&lab, "ada@example.com", "wrong", &[]).1, "password:email_password_mismatch");
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).1, TOO_MANY);
}

/// ASVS 5.0 6.3.1.
#[test]
fn of_fifty_parallel_guesses_at_a_password_five_are_compared() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", r#"{"login": "1000/m/ip", "login_failed": "5/5m/key"}"#)]);
    lab.user(&mut lab.app(), "ada@example.com");
    let answers = at_once(50, |_| login(&lab, "ada@example.com", "wrong", &[]));
    let compared = answers.iter().filter(|(_, error)| error == "password:email_password_mismatch").count();
    assert_eq!(compared, 5);
    assert!(answers.iter().all(|(status, _)| *status == 400));
}

#[test]
fn logins_and_signups_of_one_client_are_limited() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", r#"{"login": "2/m/ip", "signup": "2/m/ip"}"#)]);
    let statuses = |path: &str| (0..3).map(|_| lab.app().post(path, json!({})).status).collect::<Vec<_>>();
    assert_eq!(statuses("auth/login"), [400, 400, 429]);
    assert_eq!(statuses("auth/signup"), [400, 400, 429]);
    lab.advance(61);
    assert_eq!(lab.app().post("auth/login", json!({})).status, 400);
}

/// In each API, an answer 429 says how long the client must wait.
#[test]
fn an_answer_429_says_after_how_many_seconds_to_try_again() {
    let rates = r#"{"login": "2/m/ip", "reset_password": "1/m/key", "signup": "1/h/ip"}"#;
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", rates)]);
    let wait = |reply: &Reply| {
        assert_eq!(reply.status, 429, "{}", reply.text);
        reply.header("retry-after").unwrap_or_else(|| panic!("{:?}", reply.headers)).parse::<i64>().unwrap()
    };
    let flat = |path: &str, body: &serde_json::Value| {
        let headers = [("content-type", "application/json")];
        call(&lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string()))
    };
    lab.app().post("auth/login", json!({}));
    lab.advance(20);
    lab.app().post("auth/login", json!({}));
    let body = json!({"email": "ada@example.com", "password": "wrong"});
    let trips = lab.trips(|| assert_eq!(wait(&lab.app().post("auth/login", json!({}))), 40));
    assert_eq!(trips, [["UpdateItem"]], "the answer needs no additional table request");
    assert_eq!(wait(&flat("/login/", &body)), 40);
    assert_eq!(wait(&lab.bearer().post("login/", body.clone())), 40);
    lab.advance(40);
    assert_ne!(lab.app().post("auth/login", json!({})).status, 429, "the client can try again after this time");

    let body = json!({"email": "ada@example.com"});
    lab.app().post("auth/password/request", body.clone());
    assert_eq!(wait(&lab.app().post("auth/password/request", body.clone())), 60);
    assert_eq!(wait(&flat("/password/reset/", &body)), 60);
    assert_eq!(wait(&lab.bearer().post("password/reset/", body)), 60);
    lab.bearer().register("ada@example.com");
    assert_eq!(wait(&lab.bearer().register("ada@example.com")), 3600);
}

/// CVE-2023-36456: the header of an untrusted client was used.
#[test]
fn x_forwarded_for_is_used_only_behind_trusted_proxies() {
    let limits = ("ACCOUNT_RATE_LIMITS", r#"{"login": "1/m/ip", "login_failed": null}"#);
    let from = |lab: &Lab, address: &str| login(lab, "ada@example.com", "wrong", &[("x-forwarded-for", address)]).0;
    let lab = Lab::start(&[limits]);
    assert_eq!((from(&lab, "192.0.2.1"), from(&lab, "192.0.2.2")), (400, 429));
    let lab = Lab::start(&[limits, ("ALLAUTH_TRUSTED_PROXY_COUNT", "1")]);
    assert_eq!((from(&lab, "192.0.2.1"), from(&lab, "192.0.2.2")), (400, 400));
    assert_eq!(from(&lab, "198.51.100.7, 192.0.2.1"), 429, "the part that the client wrote is ignored");
    // CVE-2026-45364: IPv6 addresses in the same /64 are one client.
    assert_eq!((from(&lab, "2001:db8:0:1::1"), from(&lab, "2001:db8:0:1:ffff::2")), (400, 429));
    assert_eq!(from(&lab, "2001:db8:0:2::1"), 400);
}

#[test]
fn a_link_is_mailed_once_in_three_minutes_and_a_code_once_in_ten_seconds() {
    let lab = Lab::start(&[]);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).0, 401);
    assert_eq!(lab.mails("ada@example.com").len(), 1, "the first link still works");
    lab.advance(181);
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).0, 401);
    assert_eq!(lab.mails("ada@example.com").len(), 2);

    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]), (400, TOO_MANY.to_owned()));
    lab.advance(11);
    assert_eq!(login(&lab, "ada@example.com", PASSWORD, &[]).0, 401);
    assert_eq!(lab.mails("ada@example.com").len(), 2);
}
