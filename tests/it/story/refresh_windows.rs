//! Tests of refresh tokens that are used more than once: by several tabs, after a lost answer, and by thieves. Both
//! APIs with refresh tokens are tested.

use crate::lab::{Bearer, Client, Lab, PASSWORD, Reply};
use serde_json::json;

const EMAIL: &str = "ada@example.com";
const SETTINGS: [(&str, &str); 4] = [
    ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ("JWT_ALLAUTH_REFRESH_GRACE_SECONDS", "60"),
    ("ACCOUNT_RATE_LIMITS", "false"),
    ("ALLAUTH_TRUSTED_PROXY_COUNT", "1"),
];

/// Starts a service with an account. Returns an app and its refresh token.
fn with_token() -> (Lab, Client, String) {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    let reply = client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    let reply = if reply.status == 409 {
        client = lab.app();
        client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}))
    } else {
        reply
    };
    let token = reply.json["meta"]["refresh_token"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned();
    (lab, client, token)
}

/// Refreshes as a device with this user agent and IP address.
fn refresh(lab: &Lab, token: &str, agent: &str, address: &str) -> Reply {
    let mut client = lab.app();
    client.extra.push(("user-agent".to_owned(), agent.to_owned()));
    client.extra.push(("x-forwarded-for".to_owned(), address.to_owned()));
    client.post("tokens/refresh", json!({"refresh_token": token}))
}

fn renew(lab: &Lab, token: &str) -> String {
    let reply = refresh(lab, token, "Phone", "203.0.113.7");
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["data"]["refresh_token"].as_str().unwrap().to_owned()
}

fn bearer(lab: &Lab) -> Bearer {
    let mut client = lab.bearer();
    assert_eq!(client.login(EMAIL, PASSWORD).status, 200);
    client
}

fn renew_bearer(client: &mut Bearer) -> u16 {
    client.post("refresh/", json!({})).status
}

/// With three tabs, a token that was replaced twice must not log the user out.
#[test]
fn a_token_that_was_replaced_several_times_within_the_window_gets_the_current_one() {
    let (lab, mut client, first) = with_token();
    let second = renew(&lab, &first);
    lab.advance(20);
    let third = renew(&lab, &second);
    lab.advance(20);
    let fourth = renew(&lab, &third);
    for old in [&first, &second, &third] {
        assert_eq!(&renew(&lab, old), &fourth);
    }
    assert_eq!(client.get("auth/session").status, 200);
    // The first token was replaced 61 seconds ago by now, the second one 41 seconds ago.
    lab.advance(21);
    assert_eq!(renew(&lab, &second), fourth);
    assert_eq!(refresh(&lab, &first, "Phone", "203.0.113.7").status, 400);
    assert_eq!(client.get("auth/session").status, 410, "a token from before the window ends the session");
    assert_eq!(refresh(&lab, &fourth, "Phone", "203.0.113.7").status, 400);
}

#[test]
fn the_jwt_api_has_the_same_window() {
    let (lab, ..) = with_token();
    let mut first = bearer(&lab);
    let (mut second, mut third) = (first.clone(), first.clone());
    for _ in 0..3 {
        lab.advance(15);
        assert_eq!(renew_bearer(&mut first), 200);
    }
    for tab in [&mut second, &mut third] {
        let mut old = tab.clone();
        assert_eq!(renew_bearer(tab), 200);
        assert_eq!(tab.cookies["refresh_token"], first.cookies["refresh_token"]);
        lab.advance(8);
        assert_eq!(renew_bearer(&mut old), 200, "the old token still works");
    }
    lab.advance(15);
    let mut late = lab.bearer();
    late.cookies.clone_from(&first.cookies);
    assert_eq!(renew_bearer(&mut late), 200);
}

#[test]
fn in_the_jwt_api_a_token_from_before_the_window_ends_the_session() {
    let (lab, ..) = with_token();
    let mut first = bearer(&lab);
    let mut old = first.clone();
    assert_eq!(renew_bearer(&mut first), 200);
    lab.advance(50);
    assert_eq!(renew_bearer(&mut first), 200);
    lab.advance(11);
    assert_eq!(renew_bearer(&mut old), 401);
    assert_eq!(renew_bearer(&mut first), 401);
}

/// A phone that changes networks can lose an answer, and repeats the request from another network.
#[test]
fn a_lost_answer_and_another_network_do_not_count_as_theft() {
    let (lab, mut client, first) = with_token();
    let lost = renew(&lab, &first);
    let again = refresh(&lab, &first, "Phone", "2001:db8::1");
    assert_eq!(again.json["data"]["refresh_token"], lost, "{}", again.text);
    assert_eq!(refresh(&lab, &first, "Another/1.0", "203.0.113.7").status, 400, "another client gets no token");
    assert_eq!(client.get("auth/session").status, 200, "another client's attempt does not end the session");
    renew(&lab, &lost);
}

#[test]
fn a_client_that_refreshes_in_a_loop_gets_the_same_token_after_a_few_times() {
    let (lab, mut client, mut token) = with_token();
    let first = token.clone();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        token = renew(&lab, &token);
        seen.insert(token.clone());
    }
    assert_eq!(seen.len(), 8);
    assert_eq!(renew(&lab, &first), token);
    lab.advance(61);
    assert_ne!(renew(&lab, &token), token);
    assert_eq!(client.get("auth/session").status, 200);
}
