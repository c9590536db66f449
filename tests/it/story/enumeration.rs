//! Tests of what answers and mails reveal about who has an account (ASVS 5.0 6.3.8).

use crate::lab::{Lab, PASSWORD, Reply};
use serde_json::{Value, json};

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");

fn signup(lab: &Lab, email: &str) -> Reply {
    lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD}))
}

/// Returns the body without the values that are new each time.
fn shape(reply: &Reply) -> Value {
    let mut json = reply.json.clone();
    if json["meta"]["session_token"].is_string() {
        json["meta"]["session_token"] = json!("…");
    }
    json
}

#[test]
fn under_mandatory_verification_a_taken_address_looks_free_and_its_owner_gets_a_mail() {
    for by_code in ["false", "true"] {
        let lab = Lab::start(&[OFF, ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", by_code)]);
        let free = signup(&lab, "ada@example.com");
        let taken = signup(&lab, "ada@example.com");
        assert_eq!((free.status, shape(&free)), (taken.status, shape(&taken)));
        let mails = lab.mails("ada@example.com");
        assert_eq!(mails.len(), 2);
        assert!(mails[1].text.contains("https://app.example.test/password/reset"), "{}", mails[1].text);
        assert!(!mails[1].text.contains("/verify-email/"));
    }
}

#[test]
fn the_verification_of_a_taken_address_answers_like_that_of_a_free_one() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
    ]);
    signup(&lab, "ada@example.com");
    let walk = |email: &str| {
        let mut client = lab.app();
        client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        let mut seen = Vec::new();
        for _ in 0..3 {
            let reply = client.post("auth/email/verify/resend", json!({}));
            seen.push((reply.status, reply.errors()));
        }
        for _ in 0..4 {
            let reply = client.post("auth/email/verify", json!({"key": "BBBB-BBBB"}));
            seen.push((reply.status, reply.errors()));
        }
        seen.push((client.get("auth/session").status, Vec::new()));
        let trips = lab.trips(|| drop(client.post("auth/email/verify/resend", json!({}))));
        (seen, trips)
    };
    let (taken, free) = (walk("ada@example.com"), walk("grace@example.com"));
    assert_eq!(taken, free);
    assert_eq!(taken.0[0].0, 200);
    assert_eq!(taken.0[2].0, 409, "the limit is two resends");
}

#[test]
fn resending_makes_the_same_requests_for_a_taken_and_a_free_address() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
    ]);
    signup(&lab, "ada@example.com");
    let resend = |email: &str| {
        let mut client = lab.app();
        client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        lab.trips(|| assert_eq!(client.post("auth/email/verify/resend", json!({})).status, 200))
    };
    assert_eq!(resend("ada@example.com"), resend("grace@example.com"));
}

#[test]
fn under_optional_verification_uniqueness_takes_precedence() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_EMAIL_VERIFICATION", "optional")]);
    assert_eq!(signup(&lab, "ada@example.com").status, 200);
    assert_eq!(signup(&lab, "Ada@Example.com").errors(), ["email:email_taken"]);
}

#[test]
fn without_prevention_a_taken_address_is_reported() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_PREVENT_ENUMERATION", "false")]);
    signup(&lab, "ada@example.com");
    assert_eq!(signup(&lab, "ada@example.com").errors(), ["email:email_taken"]);
}

#[test]
fn with_strict_prevention_several_users_can_have_an_address_until_one_verifies_it() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_PREVENT_ENUMERATION", "strict"), ("ACCOUNT_EMAIL_VERIFICATION", "optional")]);
    let login =
        |password: &str| lab.app().post("auth/login", json!({"email": "ada@example.com", "password": password})).status;
    for password in [PASSWORD, "another-Zebra-77-staple"] {
        let reply = lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": password}));
        assert_eq!(reply.status, 200);
        assert_eq!(login(password), 200, "each user logs in with their own password");
    }
    let keys = lab.mails("ada@example.com").iter().map(|mail| mail.key()).collect::<Vec<_>>();
    lab.app().post("auth/email/verify", json!({"key": keys[1]}));
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": keys[0]})).errors(), ["key:email_taken"]);
    assert_eq!(
        (login("another-Zebra-77-staple"), login(PASSWORD)),
        (200, 400),
        "only the user who verified the address can use it"
    );
}

#[test]
fn a_refused_login_does_not_reveal_whether_the_account_exists() {
    let lab = Lab::start(&[OFF]);
    signup(&lab, "unverified@example.com");
    let login = |email: &str| lab.app().post("auth/login", json!({"email": email, "password": "wrong"}));
    let (unverified, unknown) = (login("unverified@example.com"), login("unknown@example.com"));
    assert_eq!((unverified.status, &unverified.text), (unknown.status, &unknown.text));
    assert_eq!(unknown.errors(), ["password:email_password_mismatch"]);
}
