//! Tests of phone numbers.

use crate::lab::{Client, Lab, PASSWORD};
use serde_json::json;

const SETTINGS: [(&str, &str); 6] = [
    ("ACCOUNT_LOGIN_METHODS", r#"["phone"]"#),
    ("ACCOUNT_SIGNUP_FIELDS", r#"["phone*", "password1*"]"#),
    ("ACCOUNT_EMAIL_VERIFICATION", "none"),
    ("ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND", "true"),
    ("ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE", "true"),
    ("ACCOUNT_RATE_LIMITS", "false"),
];
const ADA: &str = "+31612345678";
const GRACE: &str = "+31687654321";

fn signup(lab: &Lab, phone: &str) -> Client {
    let mut client = lab.app();
    let reply = client.post("auth/signup", json!({"phone": phone, "password": PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_phone")));
    client
}

fn user(lab: &Lab, phone: &str) -> Client {
    let mut client = signup(lab, phone);
    assert_eq!(client.post("auth/phone/verify", json!({"code": lab.sms(phone)})).status, 200);
    client
}

#[test]
fn a_number_is_verified_at_signup_and_logs_in() {
    let lab = Lab::start(&SETTINGS);
    let mut client = user(&lab, ADA);
    assert_eq!(client.get("account/phone").json["data"], json!([{"phone": ADA, "verified": true}]));
    let login = |phone: &str| lab.app().post("auth/login", json!({"phone": phone, "password": PASSWORD}));
    assert_eq!(login(ADA).status, 200);
    assert_eq!(login(GRACE).errors(), ["password:phone_password_mismatch"]);
    assert_eq!(login("0612345678").errors(), ["phone:invalid_phone"]);
}

#[test]
fn a_taken_number_looks_like_a_free_one_and_cannot_be_verified() {
    let lab = Lab::start(&SETTINGS);
    user(&lab, ADA);
    let mut client = signup(&lab, ADA);
    for _ in 0..3 {
        let reply = client.post("auth/phone/verify", json!({"code": "BBBB-BBBB"}));
        assert_eq!(reply.errors(), ["code:incorrect_code"]);
    }
    assert_eq!(client.post("auth/phone/verify", json!({"code": "BBBB-BBBB"})).status, 409);
}

#[test]
fn a_number_is_changed_when_its_code_is_entered() {
    let lab = Lab::start(&SETTINGS);
    let mut client = user(&lab, ADA);
    assert_eq!(client.post("account/phone", json!({"phone": ADA})).errors(), ["phone:same_as_current"]);
    assert_eq!(client.post("account/phone", json!({"phone": GRACE})).status, 202);
    assert_eq!(client.get("account/phone").json["data"][0]["phone"], ADA);
    assert_eq!(client.post("auth/phone/verify", json!({"code": lab.sms(GRACE)})).status, 200);
    assert_eq!(client.get("account/phone").json["data"], json!([{"phone": GRACE, "verified": true}]));
    user(&lab, ADA); // the old number is free again
    let mut other = lab.app();
    other.post("auth/login", json!({"phone": ADA, "password": PASSWORD}));
    other.post("account/phone", json!({"phone": GRACE}));
    let reply = other.post("auth/phone/verify", json!({"code": lab.sms(GRACE)}));
    assert_eq!(reply.errors(), ["code:phone_taken"]);
}

#[test]
fn a_mistyped_number_can_be_changed_before_it_is_verified() {
    let lab = Lab::start(&SETTINGS);
    let mut client = signup(&lab, ADA);
    assert_eq!(client.post("auth/phone/verify/resend", json!({})).status, 200);
    assert_eq!(client.post("account/phone", json!({"phone": GRACE})).status, 202);
    assert_eq!(client.post("auth/phone/verify", json!({"code": lab.sms(GRACE)})).status, 200);
    signup(&lab, ADA);
}

#[test]
fn messages_to_one_number_are_limited() {
    let settings = SETTINGS.iter().copied().filter(|(name, _)| *name != "ACCOUNT_RATE_LIMITS").collect::<Vec<_>>();
    let lab = Lab::start(&settings);
    let mut client = signup(&lab, ADA);
    assert_eq!(client.post("auth/phone/verify/resend", json!({})).status, 429);
    lab.advance(31);
    assert_eq!(client.post("auth/phone/verify/resend", json!({})).status, 200);
}

/// The rate limit of an address counts sent mails. The first step verifies the phone and sends no mail.
#[test]
fn a_signup_with_phone_and_address_is_mailed_when_the_phone_is_verified() {
    for by_code in ["false", "true"] {
        let lab = Lab::start(&[
            ("ACCOUNT_LOGIN_METHODS", r#"["phone", "email"]"#),
            ("ACCOUNT_SIGNUP_FIELDS", r#"["phone*", "email*", "password1*"]"#),
            ("ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
            ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", by_code),
        ]);
        let mut client = lab.app();
        client.post("auth/signup", json!({"email": "ada@example.com", "phone": ADA, "password": PASSWORD}));
        assert!(lab.all_mails().is_empty());
        let reply = client.post("auth/phone/verify", json!({"code": lab.sms(ADA)}));
        assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_email")), "by code: {by_code}");
        assert_eq!(lab.mails("ada@example.com").len(), 1, "by code: {by_code}");
    }
}
