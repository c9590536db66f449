//! Tests of a new `SECRET_KEY` with the old one in `SECRET_KEY_FALLBACKS`. Tokens, links and codes from before stay
//! valid.

use crate::lab::{Bearer, Lab, PASSWORD, code_of};
use serde_json::json;

const EMAIL: &str = "ada@example.com";
const OLD: &str = "the first key, of more than 32 bytes";
const NEW: &str = "another key, of more than 32 bytes too";

fn settings<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let base = [
        ("SECRET_KEY", OLD),
        ("PUBLIC_URL", "http://localhost:8000"), // keeps the issuer when the restarted service has another port
        ("HEADLESS_TOKEN_STRATEGY", "jwt"),
        ("ACCOUNT_RATE_LIMITS", "false"),
    ];
    [&base, more].concat()
}

/// Registers a user in the JWT API and logs in.
fn registered(lab: &Lab) -> Bearer {
    let mut client = lab.bearer();
    assert_eq!(client.register(EMAIL).status, 201);
    assert_eq!(client.login(EMAIL, PASSWORD).status, 200);
    client
}

fn refresh(client: &mut Bearer) -> u16 {
    client.post("refresh/", json!({})).status
}

#[test]
fn tokens_of_the_jwt_api_survive_a_new_secret_key() {
    let lab = Lab::start(&settings(&[("EMAIL_VERIFICATION", "none")]));
    let mut client = registered(&lab);
    let mut other = client.clone();
    let fallbacks = json!([OLD]).to_string();
    let lab = lab.restart_with(&[("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", &fallbacks)]);
    let mut again = lab.bearer();
    (again.access, again.cookies) = (client.access.take(), client.cookies.clone());
    assert_eq!(again.get("user/").status, 200);
    assert_eq!(refresh(&mut again), 200);
    // Tokens that were signed since do not need the old key.
    let lab = lab.restart_with(&[("SECRET_KEY_FALLBACKS", "[]")]);
    let mut later = lab.bearer();
    (later.access, later.cookies) = (again.access, again.cookies);
    assert_eq!((later.get("user/").status, refresh(&mut later)), (200, 200));
    let mut stale = lab.bearer();
    (stale.access, stale.cookies) = (other.access.take(), other.cookies);
    assert_eq!(
        (stale.get("user/").status, refresh(&mut stale)),
        (401, 401),
        "without the fallback the token is invalid"
    );
}

#[test]
fn the_key_of_the_jwt_api_has_its_own_fallbacks() {
    let lab = Lab::start(&settings(&[("JWT_ALLAUTH_SECRET_KEY", OLD), ("EMAIL_VERIFICATION", "none")]));
    let client = registered(&lab);
    let moved = |lab: &Lab| {
        let mut moved = lab.bearer();
        (moved.access, moved.cookies) = (client.access.clone(), client.cookies.clone());
        moved
    };
    let lab = lab.restart_with(&[("JWT_ALLAUTH_SECRET_KEY", NEW)]);
    assert_eq!(moved(&lab).get("user/").status, 401);
    let fallbacks = json!(["yet another key, of more than 32 bytes", OLD]).to_string();
    let lab = lab.restart_with(&[("JWT_ALLAUTH_SECRET_KEY_FALLBACKS", &fallbacks)]);
    let mut again = moved(&lab);
    assert_eq!((again.get("user/").status, refresh(&mut again)), (200, 200));
}

#[test]
fn links_tokens_codes_and_second_factors_survive_a_new_secret_key() {
    let lab = Lab::start(&settings(&[]));
    let mut jwt = lab.bearer();
    jwt.register("jwt@example.com");
    let verification = lab.mail("jwt@example.com").link();
    assert_eq!(jwt.get(&verification).status, 302);
    jwt.post("password/reset/", json!({"email": "jwt@example.com"}));
    let reset_of_jwt = lab.mail("jwt@example.com").link();

    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    client.post("auth/reauthenticate", json!({"password": PASSWORD}));
    let path = "account/authenticators/totp";
    let secret = client.get(path).json["meta"]["secret"].as_str().unwrap().to_owned();
    assert_eq!(client.post(path, json!({"code": code_of(&secret, lab.now())})).status, 200);
    let mut waiting = lab.app();
    let reply = waiting.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_authenticate"));
    lab.app().post("auth/signup", json!({"email": "new@example.com", "password": PASSWORD}));
    let link = lab.mail("new@example.com").key();

    let mut forgetful = lab.app();
    lab.user(&mut forgetful, "eve@example.com");
    let reply = lab.app().post("auth/login", json!({"email": "eve@example.com", "password": PASSWORD}));
    let tokens = reply.json["meta"].clone();
    lab.app().post("auth/password/request", json!({"email": "eve@example.com"}));
    let reset = lab.mail("eve@example.com").key();

    let fallbacks = json!([OLD]).to_string();
    let lab = lab.restart_with(&[("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", &fallbacks)]);
    let reply = lab.app().post("tokens/refresh", json!({"refresh_token": tokens["refresh_token"]}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut bearer = lab.app();
    bearer.extra.push(("authorization".to_owned(), format!("Bearer {}", tokens["access_token"].as_str().unwrap())));
    assert_eq!(bearer.get("auth/session").status, 200, "the key of access tokens is sealed in the table");
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": link})).status, 401, "verified, and not logged in");
    let body = json!({"key": reset, "password": "another-Horse-43-battery"});
    assert_eq!(lab.app().post("auth/password/reset", body).status, 401, "reset, and not logged in");
    lab.advance(30);
    let mut again = lab.app();
    again.token = waiting.token;
    let reply = again.post("auth/2fa/authenticate", json!({"code": code_of(&secret, lab.now())}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = lab.bearer().send("GET", &reset_of_jwt, None);
    assert!(
        reply.header("set-cookie").is_some_and(|cookie| cookie.contains("password_reset_access_token")),
        "{reply:?}"
    );
}
