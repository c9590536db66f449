//! Passwords, verification keys and their times.

use crate::lab::{Lab, PASSWORD};
use serde_json::json;

#[test]
fn weak_passwords_are_told_by_django_s_codes() {
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
    // ASVS 5.0 6.2.9: long ones are welcome.
    assert_eq!(signup(&"long enough to be a whole sentence ".repeat(4)), "");
}

/// Mail scanners consumed links; ASVS 5.0 6.4.1: they end in time, and with their use.
#[test]
fn a_link_lives_three_days_and_verifies_once() {
    let lab = Lab::start(&[]);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let key = lab.mail("ada@example.com").key();
    let inspect = |key: &str| lab.app().get_with("auth/email/verify", ("x-email-verification-key", key));
    for _ in 0..5 {
        assert_eq!(inspect(&key).status, 200, "mail scanners follow links: looking consumes nothing");
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
fn a_code_lives_as_long_as_its_setting_says_and_then_takes_the_login_with_it() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mail("ada@example.com").key();
    lab.advance(901);
    assert_eq!(client.post("auth/email/verify", json!({"key": code})).status, 409);
    assert_eq!(client.get("auth/session").pending(), None);
}

#[test]
fn a_code_is_read_without_its_case_and_punctuation_and_an_old_one_is_nothing() {
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
fn looking_at_the_right_code_costs_no_attempt() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mail("ada@example.com").key();
    for _ in 0..5 {
        let reply = client.get_with("auth/email/verify", ("x-email-verification-key", &code));
        assert_eq!((reply.status, &reply.json["meta"]["is_authenticating"]), (200, &json!(true)));
    }
    // A wrong one does, and so does none at all.
    client.get("auth/email/verify");
    client.get_with("auth/email/verify", ("x-email-verification-key", "BBBB-BBBB"));
    assert_eq!(client.post("auth/email/verify", json!({"key": code})).status, 200, "the third and last");
}

#[test]
fn a_login_that_takes_too_long_is_over() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    lab.advance(899);
    assert_eq!(client.get("auth/session").pending().as_deref(), Some("verify_email"));
    lab.advance(2);
    assert_eq!((client.get("auth/session").status, client.get("auth/session").pending()), (401, None));
}

#[test]
fn usernames_log_in_in_any_case_and_are_made_where_nobody_gives_one() {
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
