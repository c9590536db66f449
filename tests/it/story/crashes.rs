//! Tests of a service that is killed between two table requests. Afterwards the table has the old state, or the new
//! state with its mail.

use crate::lab::{Lab, PASSWORD, try_call};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Starts the service, sends a request, and kills the service after `n` table requests. Returns whether the service
/// died before it answered.
fn killed_after(n: u64, before: impl FnOnce(&Lab) -> Value, path: &str) -> (Lab, bool) {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let body = before(&lab).to_string();
    lab.faults(json!({"die_after": n}));
    match try_call(&lab.url, "POST", &format!("/_allauth/app/v1/{path}"), &[], Some(body)) {
        Ok(_) => {
            lab.faults(json!({}));
            (lab, false)
        }
        Err(_) => (lab.restart_after_death(), true),
    }
}

#[test]
fn a_killed_signup_leaves_no_account_or_an_account_with_its_mail() {
    let email = "ada@example.com";
    let mut made = Vec::new();
    for n in 1.. {
        let body = |_: &Lab| json!({"email": email, "password": PASSWORD});
        let (lab, killed) = killed_after(n, body, "auth/signup");
        let login = lab.app().post("auth/login", json!({"email": email, "password": PASSWORD}));
        // A login that waits for verification sends the mail again. The mail of the signup must be there too.
        let exists = login.pending().as_deref() == Some("verify_email");
        made.push(exists);
        if exists {
            let end = Instant::now() + Duration::from_secs(10);
            while lab.mails(email).len() < 2 {
                assert!(Instant::now() < end, "after {n} requests the mail was lost");
                std::thread::sleep(Duration::from_millis(10));
            }
            let key = lab.mails(email)[0].key();
            assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).status, 401);
            assert_eq!(lab.app().post("auth/login", json!({"email": email, "password": PASSWORD})).status, 200);
        } else {
            assert!(lab.mails(email).is_empty(), "after {n} requests there is a mail without an account");
            let reply = lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD}));
            assert_eq!(reply.pending().as_deref(), Some("verify_email"));
        }
        if !killed {
            break;
        }
    }
    assert_eq!(made, [false, true, true], "nothing before the one transaction, everything after it");
}

#[test]
fn after_a_killed_verification_either_the_address_is_verified_or_the_link_works() {
    let email = "ada@example.com";
    let mut verified = Vec::new();
    for n in 1.. {
        let mut key = String::new();
        let sign_up = |lab: &Lab| {
            lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD}));
            key = lab.mail(email).key();
            json!({"key": key})
        };
        let (lab, killed) = killed_after(n, sign_up, "auth/email/verify");
        let login = lab.app().post("auth/login", json!({"email": email, "password": PASSWORD}));
        let again = lab.app().post("auth/email/verify", json!({"key": key}));
        match login.status {
            200 => assert_eq!(again.errors(), ["key:invalid_or_expired_key"], "after {n} requests"),
            _ => assert_eq!(again.status, 401, "after {n} requests the link still works"),
        }
        verified.push(login.status == 200);
        if !killed {
            break;
        }
    }
    assert_eq!(verified, [false, false, true, true]);
}
