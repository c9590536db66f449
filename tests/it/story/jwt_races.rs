//! Tests of parallel requests to the JWT API on a failing table. An operation that is allowed once must succeed at most
//! once.

use super::races::plans;
use crate::lab::{Bearer, Lab, PASSWORD, Reply, at_once};
use serde_json::json;
use std::collections::BTreeMap;

const ADA: &str = "ada@example.com";
const NEW: &str = "another-Horse-43-stapler";
const SETTINGS: [(&str, &str); 3] =
    [("EMAIL_VERIFICATION", "none"), ("ACCOUNT_RATE_LIMITS", "false"), ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")];

fn count(replies: &[Reply]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    replies.iter().for_each(|reply| *counts.entry(reply.status).or_default() += 1);
    counts
}

/// Returns the number of successful replies, which is at most one. All other replies must be 503 or one of these
/// failures.
fn successes(fault: &str, replies: &[Reply], failures: &[u16]) -> usize {
    let orderly = |reply: &&Reply| [200, 503].contains(&reply.status) || failures.contains(&reply.status);
    assert_eq!(replies.iter().filter(orderly).count(), replies.len(), "{fault}: {:?}", count(replies));
    let successes = replies.iter().filter(|reply| reply.status == 200).count();
    assert!(successes <= 1, "{fault}: {:?}", count(replies));
    if fault == "none" {
        assert_eq!(successes, 1, "{:?}", count(replies));
    }
    successes
}

fn registered(lab: &Lab) -> Bearer {
    let mut client = lab.bearer();
    assert_eq!(client.register(ADA).status, 201);
    client
}

/// CVE-2026-1035: a refresh token that was used twice in parallel gave two token pairs.
#[test]
fn fifty_parallel_refreshes_have_at_most_one_successor_and_end_the_session() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        let client = registered(&lab);
        lab.faults(plan);
        let replies = at_once(50, |_| {
            let mut own = client.clone();
            (own.post("refresh/", json!({})), own)
        });
        lab.faults(json!({}));
        let (replies, clients): (Vec<_>, Vec<_>) = replies.into_iter().unzip();
        successes(fault, &replies, &[401]);
        // The token was used more than once, so it may be stolen, and the session has ended for every client.
        for mut client in clients {
            assert_eq!(client.post("refresh/", json!({})).status, 401, "{fault}");
        }
    }
}

#[test]
fn fifty_parallel_refreshes_within_the_grace_window_get_the_same_successor() {
    let lab = Lab::start(&[&SETTINGS[..], &[("JWT_ALLAUTH_REFRESH_GRACE_SECONDS", "10")]].concat());
    let client = registered(&lab);
    let tokens = at_once(50, |_| {
        let mut own = client.clone();
        let reply = own.post("refresh/", json!({}));
        (reply.status == 200).then(|| own.cookies["refresh_token"].clone())
    });
    let mut distinct = tokens.iter().flatten().collect::<Vec<_>>();
    assert!(distinct.len() >= 40, "{} of them", distinct.len());
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 1);
}

#[test]
fn fifty_parallel_uses_of_a_capability_set_one_password() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        registered(&lab);
        let mut client = lab.bearer();
        client.post("password/reset/", json!({"email": ADA}));
        client.get(&lab.mail(ADA).link());
        lab.faults(plan);
        let replies = at_once(50, |n| {
            let new = format!("{NEW}-{n}");
            client.clone().post("password/reset/set-new/", json!({"new_password1": new, "new_password2": new}))
        });
        lab.faults(json!({}));
        if successes(fault, &replies, &[401]) == 1 {
            let set = replies.iter().position(|reply| reply.status == 200).unwrap();
            assert_eq!(lab.bearer().login(ADA, &format!("{NEW}-{set}")).status, 200, "{fault}");
            assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 401, "{fault}");
        }
    }
}

#[test]
fn fifty_parallel_visits_of_a_reset_link_give_one_capability() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        registered(&lab);
        lab.bearer().post("password/reset/", json!({"email": ADA}));
        let link = lab.mail(ADA).link();
        lab.faults(plan);
        let replies = at_once(50, |_| lab.bearer().get(&link));
        let given = replies.iter().filter(|reply| reply.status == 302).count();
        assert!(given <= 1 && (fault != "none" || given == 1), "{fault}: {:?}", count(&replies));
    }
}

/// CVE-2026-33624, CVE-2026-34224: a code worked twice in a race.
#[test]
fn fifty_parallel_uses_of_a_recovery_code_log_in_once() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        let (_, codes) = registered(&lab).enroll(&lab);
        // Two challenges are used, because recovery codes belong to the user and not to a challenge.
        let challenge = || lab.bearer().login(ADA, PASSWORD).json["challenge_id"].clone();
        let challenges = [challenge(), challenge()];
        lab.faults(plan);
        let replies = at_once(50, |n| {
            let shown = json!({"challenge_id": challenges[n % 2], "recovery_code": codes[0]});
            lab.bearer().post("mfa/verify-recovery/", shown)
        });
        successes(fault, &replies, &[400, 429]);
    }
}

#[test]
fn fifty_parallel_logouts_end_a_session_once() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        let client = registered(&lab);
        lab.faults(plan);
        let replies = at_once(50, |_| client.clone().post("logout/", json!({})));
        lab.faults(json!({}));
        if successes(fault, &replies, &[400]) == 1 {
            assert_eq!(client.clone().post("refresh/", json!({})).status, 401, "{fault}");
        }
    }
}

#[test]
fn fifty_parallel_registrations_with_one_address_make_one_account() {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        lab.faults(plan);
        let replies = at_once(50, |_| lab.bearer().register(ADA));
        lab.faults(json!({}));
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        let refused = replies.iter().filter(|reply| reply.status == 400).count();
        let late = replies.iter().filter(|reply| reply.status == 503).count();
        assert!(made <= 1 && made + refused + late == 50, "{fault}: {:?}", count(&replies));
        assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 200, "{fault}");
    }
}
