//! Tests of ID tokens that are wrong in one respect.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns the outcome of a login with this ID token and an access token.
async fn outcome(world: &World, engine: &Engine, token: &str) -> Result<Identity, ProviderError> {
    let app = app_with("openid_connect", settings(), json!({"FETCH_USERINFO": false}));
    let provider = engine.provider(&app);
    let tokens = tokens(world, &provider, &json!({"access_token": "access", "id_token": token})).await;
    provider.identify(&tokens, Some("nonce"), NOW).await
}

async fn with(change: impl FnOnce(&mut Value)) -> Result<Identity, ProviderError> {
    let (world, engine) = world();
    let signer = Signer::new("one");
    openid(&world, OP, &[&signer]);
    let mut claims = claims();
    change(&mut claims);
    outcome(&world, &engine, &signer.sign(&claims)).await
}

fn reason(result: Result<Identity, ProviderError>) -> InvalidToken {
    match result {
        Err(ProviderError::InvalidToken(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn forged(header: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims()))
}

#[tokio::test]
async fn a_valid_token_becomes_an_identity() {
    let identity = with(|_| {}).await.unwrap();
    assert_eq!(identity.subject, "person");
    assert!(identity.emails[0].verified);
    assert_eq!(identity.replay.unwrap().expires, NOW + 300);
    assert_eq!(identity.extra["id_token"]["sub"], "person");
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    for issuer in [json!("https://op.example.com/"), json!("https://evil.example.com"), json!(null), json!([OP])] {
        assert_eq!(reason(with(|claims| claims["iss"] = issuer).await), InvalidToken::Issuer);
    }
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    for audience in [json!("other"), json!(["other"]), json!(""), json!(null), json!([]), json!("client2")] {
        assert_eq!(reason(with(|claims| claims["aud"] = audience).await), InvalidToken::Audience);
    }
    assert!(with(|claims| claims["aud"] = json!(["client"])).await.is_ok());
}

#[tokio::test]
async fn a_token_issued_to_another_party_is_refused() {
    assert_eq!(reason(with(|claims| claims["azp"] = json!("other")).await), InvalidToken::AuthorizedParty);
    assert_eq!(reason(with(|claims| claims["aud"] = json!(["client", "other"])).await), InvalidToken::AuthorizedParty);
    let both = with(|claims| {
        claims["aud"] = json!(["client", "other"]);
        claims["azp"] = json!("client");
    });
    assert!(both.await.is_ok());
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    assert_eq!(reason(with(|claims| claims["exp"] = json!(NOW)).await), InvalidToken::Expired);
    assert_eq!(reason(with(|claims| drop(claims.as_object_mut().unwrap().remove("exp"))).await), InvalidToken::Expired);
    assert_eq!(reason(with(|claims| claims["exp"] = json!("soon")).await), InvalidToken::Malformed);
    assert!(with(|claims| claims["exp"] = json!(NOW + 1)).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_refused() {
    for name in ["nbf", "iat"] {
        assert_eq!(reason(with(|claims| claims[name] = json!(NOW + LEEWAY + 1)).await), InvalidToken::NotYetValid);
        assert!(with(|claims| claims[name] = json!(NOW + LEEWAY)).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_with_another_nonce_or_none_is_refused() {
    for nonce in [json!("other"), json!(""), json!(null), json!(1), json!(["nonce"])] {
        assert_eq!(reason(with(|claims| claims["nonce"] = nonce).await), InvalidToken::Nonce);
    }
    assert_eq!(reason(with(|claims| drop(claims.as_object_mut().unwrap().remove("nonce"))).await), InvalidToken::Nonce);
}

#[tokio::test]
async fn a_token_without_a_subject_is_refused() {
    for subject in [json!(""), json!(null), json!(1)] {
        assert_eq!(reason(with(|claims| claims["sub"] = subject).await), InvalidToken::Subject);
    }
}

#[tokio::test]
async fn a_token_signed_with_another_key_is_refused() {
    let (world, engine) = world();
    openid(&world, OP, &[&Signer::new("one")]);
    let other = Signer::new("one").sign(&claims());
    assert_eq!(reason(outcome(&world, &engine, &other).await), InvalidToken::Signature);
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let (world, engine) = world();
    let signer = Signer::new("one");
    openid(&world, OP, &[&signer]);
    let token = signer.sign(&claims());
    let mut parts: Vec<&str> = token.split('.').collect();
    let mut changed = claims();
    changed["sub"] = json!("somebody else");
    let changed = URL_SAFE_NO_PAD.encode(changed.to_string());
    parts[1] = &changed;
    assert_eq!(reason(outcome(&world, &engine, &parts.join(".")).await), InvalidToken::Signature);
}

#[tokio::test]
async fn alg_none_is_refused_in_every_spelling() {
    let (world, engine) = world();
    openid(&world, OP, &[&Signer::new("one")]);
    for alg in ["none", "None", "NONE", "nOnE"] {
        let token = forged(&json!({"alg": alg, "kid": "one"}), "");
        assert_eq!(reason(outcome(&world, &engine, &token).await), InvalidToken::Algorithm);
    }
}

#[tokio::test]
async fn hs256_with_the_public_key_is_refused() {
    let (world, engine) = world();
    let signer = Signer::rsa("one");
    openid(&world, OP, &[&signer]);
    let public = signer.key.public_key_pem();
    for secret in [public.as_bytes(), signer.key.public_key_raw(), b"hush"] {
        let header = jsonwebtoken::Header { kid: Some("one".to_owned()), ..Default::default() };
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
        assert_eq!(reason(outcome(&world, &engine, &token).await), InvalidToken::Algorithm);
    }
}

#[tokio::test]
async fn a_configured_shared_secret_is_the_only_accepted_key() {
    let (world, engine) = world();
    let signer = Signer::new("one");
    openid(&world, OP, &[&signer]);
    let agreed = json!({"server_url": OP, "fetch_userinfo": false, "id_token_signed_response_alg": "HS256"});
    let app = app_with("openid_connect", agreed, json!({}));
    let provider = engine.provider(&app);
    let sign = |secret: &[u8]| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims(), &key).unwrap()
    };
    for (token, expected) in [
        (sign(b"hush"), None),
        (sign(b"other"), Some(InvalidToken::Signature)),
        (signer.sign(&claims()), Some(InvalidToken::Algorithm)),
    ] {
        let tokens = tokens(&world, &provider, &json!({"access_token": "access", "id_token": token})).await;
        assert_eq!(provider.identify(&tokens, Some("nonce"), NOW).await.err(), expected.map(ProviderError::from));
    }
}

#[tokio::test]
async fn an_unknown_key_is_fetched_only_once_in_a_while() {
    let (world, engine) = world();
    let (known, unknown) = (Signer::new("one"), Signer::new("two"));
    openid(&world, OP, &[&known]);
    for _ in 0..5 {
        assert_eq!(reason(outcome(&world, &engine, &unknown.sign(&claims())).await), InvalidToken::UnknownKey);
    }
    assert_eq!(world.count(KEYS), 2);
    // Keys in the token itself are ignored.
    let header = json!({"alg": "ES256", "kid": "two", "jwk": unknown.jwk(), "jku": "https://evil.example.com/keys"});
    assert_eq!(reason(outcome(&world, &engine, &forged(&header, "AAAA")).await), InvalidToken::UnknownKey);
    assert_eq!(world.count("https://evil.example.com/keys"), 0);
}

#[tokio::test]
async fn keys_can_be_rotated_between_two_logins() {
    let (world, engine) = world();
    let (old, new) = (Signer::new("old"), Signer::rsa("new"));
    openid(&world, OP, &[&old]);
    assert!(outcome(&world, &engine, &old.sign(&claims())).await.is_ok());
    assert!(outcome(&world, &engine, &old.sign(&claims())).await.is_ok());
    assert_eq!(world.count(KEYS), 1);
    world.json(KEYS, &jwks(&[&new]));
    assert!(outcome(&world, &engine, &new.sign(&claims())).await.is_ok());
    assert_eq!(world.count(KEYS), 2);
    // Withdrawn keys do not verify tokens.
    assert_eq!(reason(outcome(&world, &engine, &old.sign(&claims())).await), InvalidToken::UnknownKey);
}

#[tokio::test]
async fn a_token_without_a_key_id_needs_a_set_with_one_matching_key() {
    let (world, engine) = world();
    let (one, two) = (Signer::new("one"), Signer::new("two"));
    let header = jsonwebtoken::Header::new(one.algorithm);
    let token = jsonwebtoken::encode(&header, &claims(), &one.encoding()).unwrap();
    openid(&world, OP, &[&one, &two]);
    assert_eq!(reason(outcome(&world, &engine, &token).await), InvalidToken::UnknownKey);
    let (world, engine) = super::world();
    openid(&world, OP, &[&one, &Signer::rsa("other kind")]);
    assert!(outcome(&world, &engine, &token).await.is_ok());
}

#[tokio::test]
async fn a_key_for_another_use_is_ignored() {
    for (member, value) in [("use", "enc"), ("alg", "ES384"), ("kty", "RSA"), ("crv", "P-384")] {
        let (world, engine) = world();
        let signer = Signer::new("one");
        openid(&world, OP, &[&signer]);
        let mut set = jwks(&[&signer]);
        set["keys"][0][member] = json!(value);
        world.json(KEYS, &set);
        assert_eq!(
            reason(outcome(&world, &engine, &signer.sign(&claims())).await),
            InvalidToken::UnknownKey,
            "{member}"
        );
    }
}

#[tokio::test]
async fn a_malformed_token_is_refused() {
    let (world, engine) = world();
    openid(&world, OP, &[&Signer::new("one")]);
    let critical = forged(&json!({"alg": "ES256", "kid": "one", "crit": ["b64"]}), "AAAA");
    for token in ["x", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.", critical.as_str()] {
        assert_eq!(reason(outcome(&world, &engine, token).await), InvalidToken::Malformed, "{token}");
    }
}
