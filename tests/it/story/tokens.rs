//! Tests of signed tokens of apps: what they allow, how long they are valid, and for which clients.

use super::races::{assert_orderly, plans};
use crate::lab::{Client, Lab, PASSWORD, Reply, at_once, call};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EMAIL: &str = "ada@example.com";
const REFRESH: &str = "tokens/refresh";
const JWT: (&str, &str) = ("HEADLESS_TOKEN_STRATEGY", "jwt");
const NO_LIMITS: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");

/// The tokens of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    access: String,
    refresh: String,
}

fn pair_of(tokens: &Value) -> Pair {
    let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
    Pair { access: text("access_token"), refresh: text("refresh_token") }
}

fn lab(more: &[(&str, &str)]) -> Lab {
    Lab::start(&[&[JWT, NO_LIMITS], more].concat())
}

fn login(client: &mut Client) -> Pair {
    let reply = client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    pair_of(&reply.json["meta"])
}

/// Starts a service with an account. Returns an app that is logged in, and its tokens.
fn with_pair(more: &[(&str, &str)]) -> (Lab, Client, Pair) {
    let lab = lab(more);
    lab.user(&mut lab.app(), EMAIL);
    let mut client = lab.app();
    let pair = login(&mut client);
    (lab, client, pair)
}

/// Returns an app that has only an access token.
fn bearer(lab: &Lab, access: &str) -> Client {
    let mut client = lab.app();
    client.extra.push(("authorization".to_owned(), format!("Bearer {access}")));
    client
}

/// Returns an app with this user agent.
fn device(lab: &Lab, name: &str) -> Client {
    let mut client = lab.app();
    client.extra.push(("user-agent".to_owned(), name.to_owned()));
    client
}

fn refresh(client: &mut Client, token: &str) -> Reply {
    client.post(REFRESH, json!({"refresh_token": token}))
}

fn renew(client: &mut Client, token: &str) -> Pair {
    let reply = refresh(client, token);
    assert_eq!(reply.status, 200, "{}", reply.text);
    pair_of(&reply.json["data"])
}

fn part(token: &str, place: usize) -> Value {
    serde_json::from_slice(&B64.decode(token.split('.').nth(place).unwrap()).unwrap()).unwrap()
}

fn keys(lab: &Lab) -> Vec<String> {
    let reply = call(&lab.url, "GET", "/.well-known/jwks.json", &[], None);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_app_uses_its_access_token_and_renews_it() {
    let (lab, mut client, pair) = with_pair(&[]);
    assert_eq!(bearer(&lab, &pair.access).get("auth/session").json["data"]["user"]["email"], EMAIL);
    assert_eq!(bearer(&lab, &pair.refresh).get("auth/session").status, 401, "a refresh token is not an access token");
    assert_eq!(refresh(&mut lab.app(), &pair.access).status, 400, "an access token is not a refresh token");
    let next = renew(&mut lab.app(), &pair.refresh);
    assert!(next.access != pair.access && next.refresh != pair.refresh);
    assert_eq!(bearer(&lab, &next.access).get("account/email").status, 200);
    assert_eq!(client.get("auth/session").json["meta"].get("access_token"), None, "tokens are sent once");

    let claims = part(&next.access, 1);
    let issuer = lab.url.replace("127.0.0.1", "localhost");
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["token_use"]),
        (&json!(issuer), &json!(issuer), &json!("access"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert!(claims["nbf"].as_i64() < claims["iat"].as_i64(), "the clock of a verifier may be behind: {claims}");
    assert_eq!((claims["amr"].clone(), part(&next.access, 0)["alg"].clone()), (json!(["password"]), json!("RS256")));
    assert_ne!(
        part(&next.refresh, 1)["aud"],
        claims["aud"],
        "a gateway must not accept a refresh token as an access token"
    );
    assert_eq!(keys(&lab), [part(&next.access, 0)["kid"].as_str().unwrap()]);
    assert_eq!(part(&next.refresh, 0)["alg"], "HS256", "only the service verifies refresh tokens");
    let discovery = call(&lab.url, "GET", "/.well-known/openid-configuration", &[], None);
    assert_eq!(discovery.json["jwks_uri"], format!("{issuer}/.well-known/jwks.json"));
    assert!(discovery.header("cache-control").unwrap().starts_with("public"));
}

#[test]
fn browsers_get_no_tokens_and_cannot_use_them() {
    let (lab, _, pair) = with_pair(&[]);
    let mut browser = lab.browser();
    let reply = browser.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.status, reply.json["meta"].get("access_token")), (200, None));
    assert_eq!(browser.post(REFRESH, json!({"refresh_token": pair.refresh})).status, 404);
    let mut other = lab.browser();
    other.extra.push(("authorization".to_owned(), format!("Bearer {}", pair.access)));
    assert_eq!(other.get("auth/session").status, 401);
}

#[test]
fn without_the_strategy_there_are_no_tokens() {
    let lab = Lab::start(&[("HEADLESS_FLAT_PREFIX", "")]);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    assert_eq!(refresh(&mut lab.app(), "any").status, 400);
    assert_eq!(call(&lab.url, "GET", "/.well-known/jwks.json", &[], None).status, 404);
}

#[test]
fn tokens_come_with_the_last_step_of_a_login() {
    let lab = lab(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    let reply = client.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.status, reply.json["meta"].get("access_token")), (401, None));
    let reply = client.post("auth/email/verify", json!({"key": lab.mail(EMAIL).key()}));
    let pair = pair_of(&reply.json["meta"]);
    renew(&mut lab.app(), &pair.refresh);

    let path = "account/authenticators/totp";
    client.post("auth/reauthenticate", json!({"password": PASSWORD}));
    let secret = client.get(path).json["meta"]["secret"].as_str().unwrap().to_owned();
    let totp = totp_rs::Builder::new().with_secret(totp_rs::Secret::try_from_base32(&secret).unwrap()).build().unwrap();
    let code = |lab: &Lab| totp.generate(u64::try_from(lab.now()).unwrap()).to_string();
    assert_eq!(client.post(path, json!({"code": code(&lab)})).status, 200);
    lab.advance(60);
    let mut second = lab.app();
    let reply = second.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.pending().as_deref(), reply.json["meta"].get("refresh_token")), (Some("mfa_authenticate"), None));
    let reply = second.post("auth/2fa/authenticate", json!({"code": code(&lab)}));
    let pair = pair_of(&reply.json["meta"]);
    assert_eq!(part(&pair.access, 1)["amr"], json!(["password", "mfa"]));
    renew(&mut lab.app(), &pair.refresh);
}

/// CVE-2026-1035: a refresh token that was used twice in parallel gave two token pairs.
#[test]
fn of_fifty_parallel_refreshes_of_one_token_all_get_the_same_successor() {
    for (fault, plan) in plans() {
        let (lab, _, pair) = with_pair(&[]);
        lab.faults(plan);
        let replies = at_once(50, |_| refresh(&mut lab.app(), &pair.refresh));
        lab.faults(json!({}));
        assert_orderly(fault, &replies, &[200]);
        let given =
            replies.iter().filter(|reply| reply.status == 200).map(|reply| pair_of(&reply.json["data"]).refresh);
        let given = given.collect::<BTreeSet<_>>();
        assert!(given.len() <= 1, "{fault}: there are two valid successors");
        assert!(given.len() == 1 || fault != "none", "{fault}");
        // A client that got 503 asks again.
        let next = renew(&mut lab.app(), &pair.refresh);
        assert!(given.is_empty() || given.contains(&next.refresh), "{fault}");
        renew(&mut lab.app(), &next.refresh);
    }
}

#[test]
fn without_a_window_one_of_fifty_refreshes_wins_and_the_reuse_ends_the_session() {
    let (lab, mut client, pair) = with_pair(&[("HEADLESS_JWT_REFRESH_GRACE_SECONDS", "0")]);
    let replies = at_once(50, |_| refresh(&mut lab.app(), &pair.refresh));
    let (won, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert!(won.len() <= 1 && refused.iter().all(|reply| reply.status == 400));
    for winner in won {
        assert_eq!(
            refresh(&mut lab.app(), &pair_of(&winner.json["data"]).refresh).status,
            400,
            "the successor is refused too"
        );
    }
    assert_eq!(client.get("auth/session").status, 410);
    assert!(lab.log().contains("was used again"), "the event is logged");
}

/// Two tabs that refresh at the same time must not be logged out.
#[test]
fn within_the_window_the_same_client_gets_the_same_successor_and_another_gets_nothing() {
    let (lab, _, pair) = with_pair(&[]);
    let (mut phone, mut thief) = (device(&lab, "Phone"), device(&lab, "Thief"));
    let next = renew(&mut phone, &pair.refresh);
    for wait in [0, 9, 1] {
        lab.advance(wait);
        assert_eq!(refresh(&mut thief, &pair.refresh).status, 400, "another client");
        assert_eq!(
            renew(&mut phone, &pair.refresh).refresh,
            next.refresh,
            "a second tab, or a repeated request after a lost answer"
        );
    }
    renew(&mut phone, &next.refresh);
}

/// A thief must not be able to use a stolen refresh token after the owner (ASVS 5.0 10.4.5).
#[test]
fn a_replay_after_the_window_ends_the_family_and_the_session() {
    let (lab, mut client, pair) = with_pair(&[]);
    let mut other = lab.app();
    let others = login(&mut other);
    let next = renew(&mut lab.app(), &pair.refresh);
    lab.advance(61);
    assert_eq!(refresh(&mut lab.app(), &pair.refresh).status, 400);
    assert_eq!(refresh(&mut lab.app(), &next.refresh).status, 400, "the owner's token is refused like the thief's");
    assert_eq!(client.get("auth/session").status, 410);
    assert_eq!(bearer(&lab, &next.access).get("auth/session").status, 410);
    assert_eq!(other.get("auth/session").status, 200, "the user's other session is still valid");
    renew(&mut lab.app(), &others.refresh);
}

/// CVE-2026-43911: a refresh token remained valid after a password change.
#[test]
fn logout_and_a_password_change_end_every_refresh_token() {
    let (lab, mut client, pair) = with_pair(&[]);
    client.delete("auth/session");
    assert_eq!(refresh(&mut lab.app(), &pair.refresh).status, 400, "after logout");
    assert_eq!(bearer(&lab, &pair.access).get("auth/session").status, 410);

    let (mut one, mut two) = (lab.app(), lab.app());
    let (first, second) = (login(&mut one), login(&mut two));
    let change = json!({"current_password": PASSWORD, "new_password": "another-Horse-43-battery"});
    let reply = one.post("account/password/change", change);
    assert_eq!((reply.status, reply.json["meta"].get("refresh_token")), (200, None));
    for pair in [first, second] {
        assert_eq!(refresh(&mut lab.app(), &pair.refresh).status, 400, "after a password change");
        assert_ne!(bearer(&lab, &pair.access).get("auth/session").status, 200);
    }
}

#[test]
fn with_stateful_validation_a_token_without_its_session_is_refused() {
    let (lab, mut client, pair) = with_pair(&[("HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", "true")]);
    client.delete("auth/session");
    let mut stale = bearer(&lab, &pair.access);
    assert_eq!((stale.get("auth/session").status, stale.get("config").status), (401, 200));
}

#[test]
fn tokens_expire_to_the_second() {
    let settings = [("HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", "600"), ("SESSION_COOKIE_AGE", "1000")];
    let (lab, _, pair) = with_pair(&settings);
    let born = part(&pair.access, 1)["iat"].as_i64().unwrap();
    let to = |second: i64| lab.advance(born + second - lab.now());
    to(298);
    assert_eq!(bearer(&lab, &pair.access).get("auth/session").status, 200);
    to(301);
    assert_eq!(bearer(&lab, &pair.access).get("auth/session").status, 401);
    to(597);
    let next = renew(&mut lab.app(), &pair.refresh);
    let late = part(&next.refresh, 1);
    assert!(late["exp"].as_i64().unwrap() <= born + 1001, "never later than the end of the session: {late}");
    to(1003);
    assert_eq!(refresh(&mut lab.app(), &next.refresh).status, 400, "the session has reached its end");

    let (lab, _, pair) = with_pair(&settings);
    lab.advance(601);
    assert_eq!(refresh(&mut lab.app(), &pair.refresh).status, 400);
}

#[test]
fn without_rotation_a_refresh_token_remains_valid() {
    let (lab, _, pair) = with_pair(&[("HEADLESS_JWT_ROTATE_REFRESH_TOKEN", "false")]);
    for _ in 0..3 {
        lab.advance(20);
        let reply = refresh(&mut lab.app(), &pair.refresh);
        assert_eq!((reply.status, reply.json["data"].get("refresh_token")), (200, None));
    }
}

#[test]
fn a_new_key_is_published_three_hours_before_it_signs() {
    let (lab, _, pair) = with_pair(&[
        ("HEADLESS_JWT_KEY_MAX_AGE_DAYS", "1"),
        ("HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN", "60"),
        ("HEADLESS_TOKEN_LIFETIME", "60"),
        ("HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", "1200"),
    ]);
    let kid = |pair: &Pair| part(&pair.access, 0)["kid"].as_str().unwrap().to_owned();
    let old = kid(&pair);
    assert_eq!(keys(&lab), [old.as_str()]);
    lab.advance(86_400 + 5);
    let pair = login(&mut lab.app());
    let both = keys(&lab);
    assert_eq!((both.len(), kid(&pair)), (2, old.clone()), "the new key is published but does not sign yet");
    lab.advance(3 * 3600 + 5);
    let pair = login(&mut lab.app());
    assert!(kid(&pair) != old && both.contains(&kid(&pair)));
    assert_eq!(keys(&lab), both, "tokens that the old key signed may still be valid");
    lab.advance(1200 + 700);
    assert_eq!(keys(&lab), [kid(&pair)]);
    let pair = login(&mut lab.app());
    renew(&mut lab.app(), &pair.refresh);
    assert_eq!(keys(&lab), [kid(&pair)]);
}

#[test]
fn the_table_contains_no_plain_private_key_and_access_tokens_have_the_claims_of_the_settings() {
    let (lab, _, pair) = with_pair(&[("HEADLESS_JWT_CLAIMS", r#"["email", "email_verified", "role", "phone"]"#)]);
    let claims = part(&pair.access, 1);
    assert_eq!(
        (&claims["email"], &claims["email_verified"], &claims["role"]),
        (&json!(EMAIL), &json!(true), &json!(0))
    );
    assert_eq!((claims.get("phone"), part(&pair.refresh, 1).get("email")), (None, None));
    let modulus = call(&lab.url, "GET", "/.well-known/jwks.json", &[], None).json["keys"][0]["n"].clone();
    let modulus = B64.decode(modulus.as_str().unwrap()).unwrap();
    let table = lab.table();
    assert!(!table.windows(32).any(|bytes| *bytes == modulus[..32]), "a plain private key would contain the modulus");
}

#[test]
fn an_invalid_token_is_refused_and_changes_nothing() {
    let (lab, _, pair) = with_pair(&[]);
    let huge = "A".repeat(20_000);
    for nonsense in ["garbage", "a.b.c", "..", &huge, &pair.access[..40], &format!("{}x", pair.access)] {
        assert_eq!(bearer(&lab, nonsense).get("auth/session").status, 401);
        assert_eq!(refresh(&mut lab.app(), nonsense).status, 400);
    }
    for header in ["Bearer", "Bearer a b", "Basic YTpi", &format!("Token {}", pair.access)] {
        let mut client = lab.app();
        client.extra.push(("authorization".to_owned(), header.to_owned()));
        assert_eq!(client.get("auth/session").status, 401, "{header}");
    }
    assert_eq!(refresh(&mut lab.app(), "").errors(), ["refresh_token:required"]);
    renew(&mut lab.app(), &pair.refresh);
}

#[test]
fn a_refresh_makes_two_requests_and_a_check_of_an_access_token_one() {
    let (lab, _, pair) = with_pair(&[]);
    let next = std::cell::OnceCell::new();
    let trips = lab.trips(|| drop(next.set(renew(&mut lab.app(), &pair.refresh))));
    assert_eq!(trips, [["BatchGetItem"], ["PutItem"]]);
    let mut client = bearer(&lab, &next.get().unwrap().access);
    assert_eq!(lab.trips(|| assert_eq!(client.get("auth/session").status, 200)), [["BatchGetItem"]]);
    let mut forged = bearer(&lab, &format!("{}x", pair.access));
    assert_eq!(lab.trips(|| assert_eq!(forged.get("auth/session").status, 401)), [[""; 0]; 0]);
}
