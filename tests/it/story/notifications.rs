//! Tests of mails that inform users about changes of their account (ASVS 5.0 6.3.7).

use crate::lab::{Lab, PASSWORD};
use serde_json::json;

const NEW: &str = "another-Zebra-77-staple";

#[test]
fn mails_about_changes_name_time_address_and_user_agent() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_NOTIFICATIONS", "true"), ("ACCOUNT_RATE_LIMITS", "false")]);
    let mut client = lab.app();
    let (old, new) = ("ada@example.com", "ada@example.org");
    lab.user(&mut client, old);
    client.extra = vec![("user-agent".to_owned(), "a browser/7\r".replace('\r', ""))];
    let latest = |to: &str| lab.mails(to).last().unwrap().text.clone();

    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    let text = latest(old);
    for fact in ["127.0.0.1", "a browser/7", "UTC", "assword"] {
        assert!(text.contains(fact), "{fact} in {text}");
    }
    let before = lab.mails(old).len();
    client.post("account/email", json!({"email": new}));
    let key = lab.mail(new).key();
    client.post("auth/email/verify", json!({"key": key}));
    assert_eq!(lab.mails(old).len(), before, "adding a second address sends no mail to the primary one");
    client.send("PATCH", "account/email", Some(json!({"email": new, "primary": true}).to_string()), &[]);
    assert!(latest(old).contains(new), "the old primary address gets a mail about the new one");
    client.send("DELETE", "account/email", Some(json!({"email": old}).to_string()), &[]);
    assert!(latest(new).contains(old), "the primary address gets a mail about the removed one");

    lab.app().post("auth/password/request", json!({"email": new}));
    let key = lab.mails(new).last().unwrap().key();
    let before = lab.mails(new).len();
    lab.app().post("auth/password/reset", json!({"key": key, "password": PASSWORD}));
    assert_eq!(lab.mails(new).len(), before + 1, "the user gets a mail about the reset");
}

#[test]
fn without_the_setting_no_mails_about_changes_are_sent() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    let before = lab.all_mails().len();
    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    assert_eq!(lab.all_mails().len(), before);
}

#[test]
fn a_signup_with_a_filled_honeypot_field_creates_no_account() {
    let lab = Lab::start(&[("ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD", "website")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "website": "https://spam.example"});
    assert_eq!(lab.app().post("auth/signup", body).status, 401);
    assert!(lab.all_mails().is_empty());
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/login", login).status, 400);
}
