//! Tests of a user's email addresses: add, verify, remove and make primary.

use crate::lab::{Client, Lab, PASSWORD, Reply, at_once};
use crate::story::races::{assert_orderly, plans};
use serde_json::{Value, json};

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");

fn with_user(settings: &[(&str, &str)]) -> (Lab, Client) {
    let settings = [settings, &[OFF]].concat();
    let lab = Lab::start(&settings);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    (lab, client)
}

fn change(client: &mut Client, method: &str, body: Value) -> Reply {
    client.send(method, "account/email", Some(body.to_string()), &[])
}

/// Returns the user's addresses. `+` marks a verified address and `!` the primary one.
fn addresses(client: &mut Client) -> Vec<String> {
    let reply = client.get("account/email");
    let shown = |row: &Value| {
        let mark = |name: &str, mark: &'static str| if row[name] == json!(true) { mark } else { "" };
        format!("{}{}{}", row["email"].as_str().unwrap(), mark("verified", "+"), mark("primary", "!"))
    };
    let mut all = reply.json["data"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>();
    all.sort();
    all
}

fn add_verified(lab: &Lab, client: &mut Client, email: &str) {
    assert_eq!(client.post("account/email", json!({"email": email})).status, 200);
    let key = lab.mail(email).key();
    assert_eq!(client.post("auth/email/verify", json!({"key": key})).status, 200);
}

#[test]
fn an_address_is_added_verified_made_primary_and_the_old_one_removed() {
    let (lab, mut client) = with_user(&[]);
    add_verified(&lab, &mut client, "ada@example.org");
    assert_eq!(addresses(&mut client), ["ada@example.com+!", "ada@example.org+"]);
    let reply = change(&mut client, "DELETE", json!({"email": "ada@example.com"}));
    assert_eq!(reply.errors(), ["email:cannot_remove_primary_email"]);
    change(&mut client, "PATCH", json!({"email": "ada@example.org", "primary": true}));
    change(&mut client, "DELETE", json!({"email": "ada@example.com"}));
    assert_eq!(addresses(&mut client), ["ada@example.org+!"]);
    let login = |email: &str| lab.app().post("auth/login", json!({"email": email, "password": PASSWORD})).status;
    assert_eq!((login("ada@example.com"), login("ada@example.org")), (400, 200));
    let reply = lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(reply.status, 401, "the address is free again");
    assert!(lab.mail("ada@example.com").text.contains("/verify-email/"));
}

#[test]
fn invalid_changes_of_addresses_are_refused_with_an_error_code() {
    let (_lab, mut client) = with_user(&[("ACCOUNT_MAX_EMAIL_ADDRESSES", "2")]);
    let mut errors = |method: &str, body: Value| change(&mut client, method, body).errors().join(" ");
    assert_eq!(errors("POST", json!({"email": "ADA@example.com"})), "email:duplicate_email");
    assert_eq!(errors("POST", json!({"email": "b@example.com"})), "");
    assert_eq!(errors("POST", json!({"email": "c@example.com"})), "email:max_email_addresses");
    assert_eq!(errors("PATCH", json!({"email": "b@example.com"})), "primary:required email:unverified_primary_email");
    let primary = json!({"email": "b@example.com", "primary": true});
    assert_eq!(errors("PATCH", primary), "email:unverified_primary_email");
    assert_eq!(errors("PATCH", json!({"email": "x@example.com", "primary": true})), "email:unknown_email");
    assert_eq!(errors("DELETE", json!({"email": "nonsense"})), "email:invalid");
    assert_eq!(errors("PUT", json!({"email": "x@example.com"})), "email:unknown_email");
}

/// Pre-hijacking with an old link.
#[test]
fn a_link_for_a_removed_address_does_not_verify_it_after_it_was_added_again() {
    let (lab, mut client) = with_user(&[]);
    client.post("account/email", json!({"email": "b@example.com"}));
    let old = lab.mail("b@example.com").key();
    change(&mut client, "DELETE", json!({"email": "b@example.com"}));
    client.post("account/email", json!({"email": "b@example.com"}));
    assert_eq!(client.post("auth/email/verify", json!({"key": old})).errors(), ["key:invalid_or_expired_key"]);
    let new = lab.mails("b@example.com").last().unwrap().key();
    assert_eq!(client.post("auth/email/verify", json!({"key": new})).status, 200);
}

#[test]
fn an_address_of_another_account_can_be_added_but_not_verified() {
    for by_code in ["false", "true"] {
        let (lab, mut client) = with_user(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", by_code)]);
        lab.user(&mut lab.app(), "grace@example.com");
        assert_eq!(client.post("account/email", json!({"email": "grace@example.com"})).status, 200);
        let key = lab.mails("grace@example.com").last().unwrap().key();
        assert_eq!(client.post("auth/email/verify", json!({"key": key})).errors(), ["key:email_taken"]);
        let login = json!({"email": "grace@example.com", "password": PASSWORD});
        assert_eq!(lab.app().post("auth/login", login).json["data"]["user"]["email"], "grace@example.com");
    }
}

#[test]
fn two_parallel_removals_never_leave_an_account_without_an_address() {
    for (fault, plan) in plans() {
        let (lab, mut client) =
            with_user(&[("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"), ("ACCOUNT_LOGIN_METHODS", r#"["email"]"#)]);
        add_verified(&lab, &mut client, "b@example.com");
        lab.faults(plan);
        // One request makes an address primary while another removes it. The second to commit must see the change of
        // the first.
        let replies = at_once(4, |n| {
            let (method, body) = match n {
                0 => ("DELETE", json!({"email": "b@example.com"})),
                1 => ("PATCH", json!({"email": "b@example.com", "primary": true})),
                2 => ("DELETE", json!({"email": "ada@example.com"})),
                _ => ("DELETE", json!({"email": "b@example.com"})),
            };
            change(&mut client.clone(), method, body)
        });
        assert_orderly(fault, &replies, &[200, 400]);
        lab.faults(json!({}));
        let left = addresses(&mut client);
        assert_eq!(left.iter().filter(|address| address.ends_with('!')).count(), 1, "{fault}: {left:?}");
        for address in ["ada@example.com", "b@example.com"] {
            let login = lab.app().post("auth/login", json!({"email": address, "password": PASSWORD})).status;
            let is_left = left.iter().any(|left| left.starts_with(address));
            assert_eq!(login, if is_left { 200 } else { 400 }, "{fault}: {address} of {left:?}");
        }
    }
}

#[test]
fn changing_to_an_address_replaces_the_old_one_once_verified() {
    let (lab, mut client) = with_user(&[("ACCOUNT_CHANGE_EMAIL", "true")]);
    client.post("account/email", json!({"email": "b@example.com"}));
    client.post("account/email", json!({"email": "c@example.com"}));
    assert_eq!(addresses(&mut client), ["ada@example.com+!", "c@example.com"]);
    let key = lab.mail("c@example.com").key();
    assert_eq!(client.post("auth/email/verify", json!({"key": key})).status, 200);
    assert_eq!(addresses(&mut client), ["c@example.com+!"]);
    let stale = lab.mail("b@example.com").key();
    assert_eq!(client.post("auth/email/verify", json!({"key": stale})).errors(), ["key:invalid_or_expired_key"]);
}

#[test]
fn with_verification_by_code_only_the_session_knows_a_new_address_until_its_code_is_entered() {
    let (lab, mut client) = with_user(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    client.post("account/email", json!({"email": "b@example.com"}));
    assert_eq!(addresses(&mut client), ["ada@example.com+!", "b@example.com"]);
    assert_eq!(addresses(&mut other(&lab)), ["ada@example.com+!"], "only this session sees it");
    change(&mut client, "DELETE", json!({"email": "b@example.com"}));
    assert_eq!(addresses(&mut client), ["ada@example.com+!"]);
    client.post("account/email", json!({"email": "b@example.com"}));
    let code = lab.mails("b@example.com").last().unwrap().key();
    assert_eq!(client.post("auth/email/verify", json!({"key": code})).status, 200);
    assert_eq!(addresses(&mut other(&lab)), ["ada@example.com+!", "b@example.com+"]);
}

fn other(lab: &Lab) -> Client {
    let mut client = lab.app();
    client.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    client
}

/// The answer is the same for a free address and for one that has an account. Only the owner gets a mail about it.
#[test]
fn changing_a_mistyped_address_at_signup_does_not_reveal_whether_it_has_an_account() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", "true"),
    ]);
    lab.user(&mut lab.app(), "grace@example.com");
    let walk = |email: &str| {
        let mut client = lab.app();
        client.post("auth/signup", json!({"email": format!("typo.{email}"), "password": PASSWORD}));
        let reply = client.post("account/email", json!({"email": email}));
        let shown = reply.text.replace(email, "…");
        (client, reply.status, shown)
    };
    let (mut free, taken) = (walk("ada@example.com"), walk("grace@example.com"));
    assert_eq!((free.1, &free.2), (200, &taken.2));
    assert!(!lab.mails("grace@example.com").last().unwrap().text.contains("verify"));
    let code = lab.mail("ada@example.com").key();
    let reply = free.0.post("auth/email/verify", json!({"key": code}));
    assert_eq!((reply.status, &reply.json["data"]["user"]["email"]), (200, &json!("ada@example.com")));
    let reply = lab.app().post("auth/signup", json!({"email": "typo.ada@example.com", "password": PASSWORD}));
    assert_eq!(reply.status, 401);
    let mail = lab.mails("typo.ada@example.com");
    assert_eq!(mail.len(), 2, "the mistyped address is free again");
}

#[test]
fn a_missing_field_is_reported_together_with_an_invalid_address() {
    let (_lab, mut client) = with_user(&[]);
    let mut errors = change(&mut client, "PATCH", json!({"email": "nobody@example.com", "primary": false})).errors();
    errors.sort();
    assert_eq!(errors, ["email:unknown_email", "primary:required"]);
    let errors = change(&mut client, "PATCH", json!({"email": "ada@example.com", "primary": "0"})).errors();
    assert_eq!(errors, ["primary:invalid"], "Django's checkbox reads the text 0 as true");
}

#[test]
fn an_address_that_is_verified_again_is_listed_a_second_time() {
    let (_lab, mut client) = with_user(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    assert_eq!(change(&mut client, "PUT", json!({"email": "ada@example.com"})).status, 200);
    assert_eq!(addresses(&mut client), ["ada@example.com+!", "ada@example.com+!"]);
}

#[test]
fn an_unverified_address_is_not_used_as_the_display_name() {
    let settings = [
        ("ACCOUNT_LOGIN_METHODS", "[\"phone\"]"),
        ("ACCOUNT_SIGNUP_FIELDS", "[\"phone*\", \"password1*\"]"),
        ("ACCOUNT_EMAIL_VERIFICATION", "none"),
        OFF,
    ];
    let lab = Lab::start(&settings);
    let mut client = lab.app();
    client.post("auth/signup", json!({"phone": "+31612345678", "password": PASSWORD}));
    let code = lab.sms("+31612345678");
    assert_eq!(client.post("auth/phone/verify", json!({"code": code})).status, 200);
    client.post("account/email", json!({"email": "ada@example.com"}));
    let display = |client: &mut Client| client.get("auth/session").json["data"]["user"]["display"].clone();
    assert_eq!(display(&mut client), "+31612345678");
    let key = lab.mail("ada@example.com").key();
    client.post("auth/email/verify", json!({"key": key}));
    assert_eq!(display(&mut client), "ada@example.com");
}
