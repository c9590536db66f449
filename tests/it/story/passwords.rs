//! Tests of passwords, usernames, and the lifetimes of verification links and codes.

use crate::lab::{Lab, PASSWORD};
use serde_json::json;

#[test]
fn weak_passwords_are_reported_with_djangos_error_codes() {
    let lab = Lab::start(&[]);
    let signup = |password: &str| {
        lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": password})).errors().join(" ")
    };
    assert_eq!(signup("short"), "password:password_too_short");
    assert_eq!(signup("password123"), "password:password_too_common");
    assert_eq!(signup("83649275109"), "password:password_entirely_numeric");
    assert_eq!(
        signup("12345"),
        "password:password_too_short password:password_too_common password:password_entirely_numeric"
    );
    // ASVS 5.0 6.2.9: long passwords are accepted.
    assert_eq!(signup(&"long enough to be a whole sentence ".repeat(4)), "");
}

/// Mail scanners must not use up links. ASVS 5.0 6.4.1: links expire, and end with their use.
#[test]
fn a_link_is_valid_for_three_days_and_verifies_once() {
    let lab = Lab::start(&[]);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let key = lab.mail("ada@example.com").key();
    let inspect = |key: &str| lab.app().get_with("auth/email/verify", ("x-email-verification-key", key));
    for _ in 0..5 {
        assert_eq!(inspect(&key).status, 200, "mail scanners open links, so GET must not use them up");
    }
    lab.advance(3 * 86_400 - 10);
    assert_eq!(inspect(&key).status, 200);
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).status, 401);
    assert_eq!(inspect(&key).errors(), ["key:invalid_or_expired_key"]);
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).errors(), ["key:invalid_or_expired_key"]);

    lab.app().post("auth/signup", json!({"email": "grace@example.com", "password": PASSWORD}));
    let key = lab.mail("grace@example.com").key();
    lab.advance(3 * 86_400 + 1);
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).errors(), ["key:invalid_or_expired_key"]);
}

#[test]
fn an_expired_code_also_ends_the_login() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mail("ada@example.com").key();
    lab.advance(901);
    assert_eq!(client.post("auth/email/verify", json!({"key": code})).status, 409);
    assert_eq!(client.get("auth/session").pending(), None);
}

#[test]
fn a_code_is_accepted_in_any_case_and_punctuation_but_an_old_one_is_refused() {
    let lab = Lab::start(&[
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "1"),
        ("ACCOUNT_RATE_LIMITS", "false"),
    ]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let first = lab.mail("ada@example.com").key();
    assert_eq!(client.post("auth/email/verify/resend", json!({})).status, 200);
    assert_eq!(client.post("auth/email/verify/resend", json!({})).status, 409);
    let second = lab.mails("ada@example.com")[1].key();
    assert_eq!(client.post("auth/email/verify", json!({"key": first})).errors(), ["key:incorrect_code"]);
    let typed = format!(" {} ", second.to_lowercase().replace('-', " "));
    assert_eq!(client.post("auth/email/verify", json!({"key": typed})).status, 200);
}

#[test]
fn a_get_request_with_the_correct_code_uses_up_no_attempt() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mail("ada@example.com").key();
    for _ in 0..5 {
        let reply = client.get_with("auth/email/verify", ("x-email-verification-key", &code));
        assert_eq!((reply.status, &reply.json["meta"]["is_authenticating"]), (200, &json!(true)));
    }
    // A wrong or missing code in a GET request does use up an attempt.
    client.get("auth/email/verify");
    client.get_with("auth/email/verify", ("x-email-verification-key", "BBBB-BBBB"));
    assert_eq!(
        client.post("auth/email/verify", json!({"key": code})).status,
        200,
        "this is the third and last attempt"
    );
}

#[test]
fn a_login_that_takes_too_long_expires() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    lab.advance(899);
    assert_eq!(client.get("auth/session").pending().as_deref(), Some("verify_email"));
    lab.advance(2);
    assert_eq!((client.get("auth/session").status, client.get("auth/session").pending()), (401, None));
}

#[test]
fn usernames_work_in_any_case_and_are_generated_if_none_is_given() {
    let lab = Lab::start(&[
        ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
        ("ACCOUNT_LOGIN_METHODS", r#"["email", "username"]"#),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["username", "email*", "password1*"]"#),
        ("ACCOUNT_USERNAME_BLACKLIST", r#"["root"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION", "none"),
    ]);
    let signup = |body: serde_json::Value| lab.app().post("auth/signup", body);
    let reply = signup(json!({"username": "Ada", "email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(reply.json["data"]["user"]["username"], "Ada");
    let login = |body: serde_json::Value| lab.app().post("auth/login", body);
    assert_eq!(login(json!({"username": "aDA", "password": PASSWORD})).status, 200);
    assert_eq!(login(json!({"email": "ada@example.com", "password": PASSWORD})).status, 200);
    let both = json!({"email": "ada@example.com", "username": "Ada", "password": PASSWORD});
    assert_eq!(login(both).errors(), [":invalid_login"]);
    let taken = json!({"username": "ADA", "email": "b@example.com", "password": PASSWORD});
    assert_eq!(signup(taken).errors(), ["username:username_taken"]);
    let blacklisted = json!({"username": "Root", "email": "b@example.com", "password": PASSWORD});
    assert_eq!(signup(blacklisted).errors(), ["username:username_blacklisted"]);
    let made = signup(json!({"email": "grace@example.com", "password": PASSWORD}));
    assert_eq!(made.json["data"]["user"]["username"], "grace");
    let made = signup(json!({"email": "grace@example.org", "password": PASSWORD}));
    let name = made.json["data"]["user"]["username"].as_str().unwrap().to_owned();
    assert!(name.starts_with("grace") && name.len() > 5, "{name}");
}
