//! Tests of parallel requests, with a table that reports conflicts, throttles, processes requests partially, or commits
//! without an answer.

use crate::lab::{Client, Lab, PASSWORD, Reply, at_once};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CODE: [(&str, &str); 2] =
    [("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"), ("ACCOUNT_RATE_LIMITS", "false")];

/// Returns a plan without faults, one for each kind of fault, and one with all of them.
pub fn plans() -> Vec<(&'static str, Value)> {
    let percent = |percent: u32| json!({"percent": percent});
    vec![
        ("none", json!({})),
        ("conflict", json!({"seed": 1, "conflict": percent(30)})),
        ("throttle", json!({"seed": 2, "throttle": percent(15)})),
        ("unprocessed", json!({"seed": 3, "unprocessed": percent(50)})),
        ("timeout after the commit", json!({"seed": 4, "timeout_after_commit": percent(15)})),
        (
            "mixed",
            json!({
                "seed": 5, "conflict": percent(10), "throttle": percent(5), "unprocessed": percent(20),
                "timeout_after_commit": percent(5), "latency_ms": 1,
            }),
        ),
    ]
}

fn count(replies: &[Reply]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    replies.iter().for_each(|reply| *counts.entry(reply.status).or_default() += 1);
    counts
}

/// Checks that every reply has an allowed status or is 503, which a failing table can cause.
pub fn assert_orderly(fault: &str, replies: &[Reply], allowed: &[u16]) {
    for reply in replies {
        assert!(allowed.contains(&reply.status) || reply.status == 503, "{fault}: {} {}", reply.status, reply.text);
        assert_eq!(reply.json["status"], json!(reply.status), "{fault}: the envelope repeats the status");
    }
}

/// Checks that exactly one request succeeds. With faults it can happen that no client sees a success, because its answer
/// was lost and the client got 503.
pub fn assert_one_success(fault: &str, replies: &[Reply]) {
    let counts = count(replies);
    let of = |status: u16| counts.get(&status).copied().unwrap_or_default();
    assert!(of(200) == 1 || (of(200) == 0 && of(503) > 0 && !fault.starts_with("none")), "{fault}: {counts:?}");
}

/// Repeats a request until the answer is not 503, as a user does who is asked to try again later.
fn patiently(mut ask: impl FnMut() -> Reply) -> Reply {
    for _ in 0..50 {
        let reply = ask();
        if reply.status != 503 {
            return reply;
        }
    }
    panic!("the service never recovered");
}

#[test]
fn fifty_parallel_signups_with_one_address_create_one_account_and_get_equal_answers() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
        lab.faults(plan);
        let email = "ada@example.com";
        let replies = at_once(50, |_| lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD})));
        assert_orderly(fault, &replies, &[401]);
        let pending = replies.iter().filter(|reply| reply.status == 401);
        assert!(pending.clone().count() >= 40, "{fault}: {:?}", count(&replies));
        pending.for_each(|reply| assert_eq!(reply.pending().as_deref(), Some("verify_email"), "{fault}"));

        lab.faults(json!({}));
        let mails = lab.mails(email);
        let links = mails.iter().filter(|mail| mail.text.contains("/verify-email/")).count();
        assert_eq!(
            links, 1,
            "{fault}: there is one account and one link, and the other mails say that the account exists"
        );
        let key = mails.iter().find(|mail| mail.text.contains("/verify-email/")).unwrap().key();
        assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).status, 401, "{fault}");
        let reply = lab.app().post("auth/login", json!({"email": email, "password": PASSWORD}));
        assert_eq!(reply.status, 200, "{fault}");
        if fault != "none" && fault != "unprocessed" {
            assert!(lab.injected() > 0, "{fault}: no fault was injected");
        }
    }
}

/// CVE-2026-33624, CVE-2026-34224: a code worked twice in a race.
#[test]
fn fifty_parallel_uses_of_one_code_succeed_once() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&CODE);
        let mut client = lab.app();
        let email = "ada@example.com";
        client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        let code = lab.mail(email).key();
        lab.faults(plan);
        let replies = at_once(50, |_| client.clone().post("auth/email/verify", json!({"key": code})));
        // The status must not be 410. It would make an app drop its token, which is the new one by then.
        assert_orderly(fault, &replies, &[200, 400, 409]);
        let successes = replies.iter().filter(|reply| reply.status == 200).collect::<Vec<_>>();
        assert!(successes.len() <= 1, "{fault}: {:?}", count(&replies));
        lab.faults(json!({}));
        match successes[..] {
            [success] => {
                client.token = success.json["meta"]["session_token"].as_str().map(str::to_owned);
                assert_eq!(client.get("auth/session").status, 200, "{fault}");
            }
            // Without a success, the answer was lost or every attempt met a fault.
            _ => assert_ne!(fault, "none"),
        }
    }
}

/// CVE-2026-27801: unlimited guesses.
#[test]
fn of_fifty_parallel_wrong_guesses_at_most_the_allowed_number_is_compared() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&CODE);
        let mut client = lab.app();
        let email = "ada@example.com";
        client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        let code = lab.mail(email).key();
        lab.faults(plan);
        let replies = at_once(50, |_| client.clone().post("auth/email/verify", json!({"key": "BBBB-BBBB"})));
        assert_orderly(fault, &replies, &[400, 409]);
        let compared = replies.iter().filter(|reply| reply.errors() == ["key:incorrect_code"]).count();
        assert!(compared <= 3, "{fault}: {compared} were compared");
        lab.faults(json!({}));
        if fault == "none" {
            assert_eq!(compared, 3);
            // After the last attempt, even the correct code is refused.
            assert_eq!(client.post("auth/email/verify", json!({"key": code})).status, 409);
            assert_eq!(client.get("auth/session").pending(), None);
        }
    }
}

#[test]
fn the_correct_code_among_fifty_guesses_is_accepted_only_within_the_allowed_number() {
    let lab = Lab::start(&CODE);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let code = lab.mail("ada@example.com").key();
    let replies = at_once(50, |n| {
        let key = if n == 25 { code.clone() } else { "BBBB-BBBB".to_owned() };
        client.clone().post("auth/email/verify", json!({"key": key}))
    });
    let wrong = replies.iter().filter(|reply| reply.status == 400).count();
    let right = replies.iter().filter(|reply| reply.status == 200).count();
    assert!(wrong + right <= 3 && right <= 1, "{:?}", count(&replies));
}

#[test]
fn two_accounts_that_verify_one_address_at_once_leave_one_owner() {
    let strict = [
        ("ACCOUNT_PREVENT_ENUMERATION", "strict"),
        ("ACCOUNT_EMAIL_VERIFICATION", "optional"),
        ("ACCOUNT_RATE_LIMITS", "false"),
    ];
    for (fault, plan) in plans() {
        let lab = Lab::start(&strict);
        let email = "ada@example.com";
        let mut clients = [lab.app(), lab.app()];
        for client in &mut clients {
            let reply = client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
            assert_eq!(reply.status, 200, "{fault}");
        }
        let keys = lab.mails(email).iter().map(|mail| mail.key()).collect::<Vec<_>>();
        assert_eq!(keys.len(), 2);
        lab.faults(plan);
        let replies = at_once(2, |n| patiently(|| lab.app().post("auth/email/verify", json!({"key": keys[n]}))));
        lab.faults(json!({}));
        let answers = replies.iter().map(|reply| (reply.status, reply.errors().join(""))).collect::<Vec<_>>();
        let verified = answers.iter().filter(|(status, _)| *status == 401).count();
        let refused = |(status, error): &&(u16, String)| *status == 400 && !error.is_empty();
        // If a success had no answer, the repeated request reports that the key was used.
        assert!(verified <= 1 && answers.iter().filter(refused).count() >= 1, "{fault}: {answers:?}");
        let later = keys.iter().map(|key| lab.app().post("auth/email/verify", json!({"key": key})).errors().join(""));
        let mut later = later.collect::<Vec<_>>();
        later.sort();
        assert_eq!(later, ["key:email_taken", "key:invalid_or_expired_key"], "{fault}: one owner");
    }
}

#[test]
fn logins_and_sessions_work_under_every_fault() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
        lab.user(&mut lab.app(), "ada@example.com");
        lab.faults(plan);
        let work = |_| {
            let mut client: Client = lab.app();
            let login = json!({"email": "ada@example.com", "password": PASSWORD});
            let reply = patiently(|| client.post("auth/login", login.clone()));
            assert_eq!(reply.status, 200, "{fault}: {}", reply.text);
            assert_eq!(patiently(|| client.get("auth/session")).status, 200, "{fault}");
            let reply = patiently(|| client.delete("auth/session"));
            assert!([401, 410].contains(&reply.status), "{fault}: {}", reply.text);
            assert_eq!(patiently(|| client.get("auth/session")).status, 410, "{fault}");
        };
        at_once(8, work);
    }
}

/// A double click: the second request arrives after the first has finished the login, with the old token.
#[test]
fn the_second_of_two_equal_confirmations_does_not_end_the_new_session() {
    let lab = Lab::start(&[CODE[0], CODE[1], ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true")]);
    let email = "ada@example.com";
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
    let body = json!({"key": lab.mail(email).key()});
    let twice = |client: &mut Client, path: &str, body: &Value| {
        let mut same = client.clone();
        assert_eq!(client.post(path, body.clone()).status, 200, "{path}");
        assert_eq!(same.post(path, body.clone()).status, 409, "{path}");
        assert_eq!(client.get("auth/session").status, 200, "{path}");
        // Other requests with the old token get 410.
        assert_eq!((same.get("auth/session").status, same.get(path).status), (410, 410), "{path}");
    };
    twice(&mut client, "auth/email/verify", &body);
    let mut client = lab.app();
    client.post("auth/code/request", json!({"email": email}));
    let mails = lab.mails(email);
    let code = mails.iter().rev().find(|mail| mail.text.contains("code")).unwrap().key();
    twice(&mut client, "auth/code/confirm", &json!({"code": code}));
}
