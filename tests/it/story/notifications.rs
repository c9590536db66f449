//! Mails that tell people what was done to their account (ASVS 5.0 6.3.7).

use crate::lab::{Lab, PASSWORD};
use serde_json::json;

const NEW: &str = "another-Zebra-77-staple";

#[test]
fn people_are_told_of_changes_with_when_from_where_and_by_what() {
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
    assert_eq!(lab.mails(old).len(), before, "an address is not the account's until it is the primary one");
    client.send("PATCH", "account/email", Some(json!({"email": new, "primary": true}).to_string()), &[]);
    assert!(latest(old).contains(new), "the old primary address is told of the new one");
    client.send("DELETE", "account/email", Some(json!({"email": old}).to_string()), &[]);
    assert!(latest(new).contains(old), "told that an address was removed");

    lab.app().post("auth/password/request", json!({"email": new}));
    let key = lab.mails(new).last().unwrap().key();
    let before = lab.mails(new).len();
    lab.app().post("auth/password/reset", json!({"key": key, "password": PASSWORD}));
    assert_eq!(lab.mails(new).len(), before + 1, "told of the reset");
}

#[test]
fn nobody_is_told_where_nobody_asked_for_it() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    let before = lab.all_mails().len();
    client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    assert_eq!(lab.all_mails().len(), before);
}

#[test]
fn a_form_that_only_a_machine_fills_in_makes_no_account() {
    let lab = Lab::start(&[("ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD", "website")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "website": "https://spam.example"});
    assert_eq!(lab.app().post("auth/signup", body).status, 401);
    assert!(lab.all_mails().is_empty());
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/login", login).status, 400);
}
