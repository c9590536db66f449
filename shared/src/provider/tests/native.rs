//! Tests of the tokens that native applications send.

use super::*;
use crate::provider::table::Protocol;

const GOOGLE_KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";

fn google() -> Value {
    let mut claims = claims();
    claims["iss"] = json!("https://accounts.google.com");
    claims["azp"] = json!("android");
    claims
}

async fn verify(world: &World, engine: &Engine, id: &str, token: &NativeToken<'_>) -> Result<Identity, ProviderError> {
    let _ = world;
    let app = app(id);
    engine.provider(&app).verify_token(token, NOW).await
}

fn id_token(token: &str) -> NativeToken<'_> {
    NativeToken { client_id: "client", id_token: Some(token), access_token: None }
}

#[tokio::test]
async fn google_s_id_token_can_name_the_application_in_azp() {
    let (world, engine) = world();
    let signer = Signer::rsa("one");
    world.json(GOOGLE_KEYS, &jwks(&[&signer]));
    let identity = verify(&world, &engine, "google", &id_token(&signer.sign(&google()))).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.emails[0].verified), ("person", true));
    let mut other = google();
    other["aud"] = json!("somebody");
    let outcome = verify(&world, &engine, "google", &id_token(&signer.sign(&other))).await;
    assert_eq!(outcome, Err(InvalidToken::Audience.into()));
}

#[tokio::test]
async fn google_s_keys_can_be_certificates() {
    let (world, engine) = world();
    let signer = Signer::rsa("one");
    let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&signer.key).unwrap();
    world.json("https://www.googleapis.com/oauth2/v1/certs", &json!({"one": certificate.pem()}));
    let section = json!({"CERTS_URL": "https://www.googleapis.com/oauth2/v1/certs"});
    let app = app_with("google", json!({}), section);
    let token = signer.sign(&google());
    assert_eq!(engine.provider(&app).verify_token(&id_token(&token), NOW).await.unwrap().subject, "person");
    let forged = Signer::rsa("one").sign(&google());
    let outcome = engine.provider(&app).verify_token(&id_token(&forged), NOW).await;
    assert_eq!(outcome, Err(InvalidToken::Signature.into()));
}

#[tokio::test]
async fn a_token_for_another_client_is_refused_without_a_request() {
    let (world, engine) = world();
    for client_id in ["", "other", "clien", "CLIENT"] {
        let token = NativeToken { client_id, ..id_token("x") };
        assert_eq!(verify(&world, &engine, "google", &token).await, Err(InvalidToken::Audience.into()));
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_access_token_without_a_known_audience_is_refused() {
    let (world, engine) = world();
    let token = NativeToken { client_id: "client", id_token: None, access_token: Some("access") };
    for id in known().filter(|id| *id != "facebook") {
        let native = app(id).supports_token_authentication();
        let reason = if native { InvalidToken::Missing } else { InvalidToken::Unsupported };
        assert_eq!(verify(&world, &engine, id, &token).await, Err(reason.into()), "{id}");
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_access_token_alone_counts_if_the_provider_reports_its_audience() {
    let (world, engine) = world();
    for id in known().filter(|id| !["facebook", "google"].contains(id)) {
        let app = app(id);
        if app.entry().protocol != Protocol::OpenidConnect {
            let outcome = engine.provider(&app).verify_access_token("access", NOW).await;
            assert_eq!(outcome, Err(InvalidToken::Unsupported.into()), "{id}");
        }
    }
    assert!(world.asked().is_empty());

    let google = app("google");
    let google = engine.provider(&google);
    world.json("https://www.googleapis.com/oauth2/v2/userinfo", &json!({"id": "7", "email": "a@example.com"}));
    for (about, expected) in [
        (json!({"aud": "client", "sub": "7"}), None),
        (json!({"aud": "other", "sub": "7"}), Some(InvalidToken::Audience)),
        (json!({"azp": "client", "sub": "7"}), Some(InvalidToken::Audience)),
        (json!({"aud": "client", "sub": "8"}), Some(InvalidToken::Subject)),
    ] {
        world.json("https://oauth2.googleapis.com/tokeninfo", &about);
        let outcome = google.verify_access_token("access", NOW).await;
        assert_eq!(outcome.err(), expected.map(ProviderError::from), "{about}");
    }
    world.say("https://oauth2.googleapis.com/tokeninfo", 400, r#"{"error": "invalid_token"}"#);
    let outcome = google.verify_access_token("access", NOW).await;
    assert_eq!(outcome, Err(ProviderError::Denied("invalid_token".to_owned())));
}

#[tokio::test]
async fn an_openid_connect_server_can_report_the_client_by_introspection() {
    const INTROSPECT: &str = "https://op.example.com/introspect";
    let (world, engine) = world();
    openid(&world, OP, &[]);
    let app = app("openid_connect");
    let provider = engine.provider(&app);
    assert_eq!(provider.verify_access_token("access", NOW).await, Err(InvalidToken::Unsupported.into()));

    let overrides = json!({"introspection_endpoint": INTROSPECT});
    let app =
        app_with("openid_connect", json!({"server_url": OP, "openid_configuration_overrides": overrides}), json!({}));
    let provider = engine.provider(&app);
    world.json(USERINFO, &json!({"sub": "person"}));
    for (about, expected) in [
        (json!({"active": true, "client_id": "client", "sub": "person"}), None),
        (json!({"active": false}), Some(InvalidToken::Revoked)),
        (json!({"active": true, "client_id": "other", "aud": "client", "sub": "person"}), Some(InvalidToken::Audience)),
        (json!({"active": true, "aud": "client", "sub": "person"}), Some(InvalidToken::Audience)),
        (json!({"active": true, "client_id": "client"}), Some(InvalidToken::Subject)),
        (json!({"active": true, "client_id": "client", "sub": "another"}), Some(InvalidToken::Subject)),
    ] {
        world.json(INTROSPECT, &about);
        let outcome = provider.verify_access_token("access", NOW).await;
        assert_eq!(outcome.err(), expected.map(ProviderError::from), "{about}");
    }
    let asked = world.last_to(INTROSPECT);
    assert_eq!(asked.headers()["authorization"], "Basic Y2xpZW50Omh1c2g=");
    assert_eq!(pairs(asked.body())["token"], "access");
}

#[tokio::test]
async fn facebook_s_access_token_must_be_valid_for_our_client_and_the_same_user() {
    let (world, engine) = world();
    let token = NativeToken { client_id: "client", id_token: None, access_token: Some("access") };
    world.json("https://graph.facebook.com/v19.0/me", &json!({"id": "7", "email": "a@example.com"}));
    for (about, expected) in [
        (json!({"is_valid": true, "app_id": "client", "user_id": "7"}), None),
        (json!({"is_valid": false, "app_id": "client", "user_id": "7"}), Some(InvalidToken::Revoked)),
        (json!({"is_valid": true, "app_id": "other", "user_id": "7"}), Some(InvalidToken::Audience)),
        (json!({"is_valid": true, "user_id": "7"}), Some(InvalidToken::Audience)),
        (json!({"is_valid": true, "app_id": "client", "user_id": "8"}), Some(InvalidToken::Subject)),
    ] {
        world.json("https://graph.facebook.com/v19.0/debug_token", &json!({"data": about}));
        let outcome = verify(&world, &engine, "facebook", &token).await;
        assert_eq!(outcome.err(), expected.map(ProviderError::from), "{about}");
    }
    let asked = query(&world.last_to("https://graph.facebook.com/v19.0/debug_token"));
    assert_eq!((asked["input_token"].as_str(), asked["access_token"].as_str()), ("access", "client|hush"));
}

#[tokio::test]
async fn facebook_s_limited_login_is_an_id_token() {
    let (world, engine) = world();
    let signer = Signer::rsa("one");
    world.json("https://limited.facebook.com/.well-known/oauth/openid/jwks/", &jwks(&[&signer]));
    let mut claims = claims();
    (claims["iss"], claims["given_name"]) = (json!("https://www.facebook.com"), json!("Jane"));
    let identity = verify(&world, &engine, "facebook", &id_token(&signer.sign(&claims))).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.first_name.as_deref()), ("person", Some("Jane")));
    assert!(!identity.emails[0].verified);
    assert_eq!(identity.extra["id"], "person");
    claims["iss"] = json!("https://facebook.com");
    let outcome = verify(&world, &engine, "facebook", &id_token(&signer.sign(&claims))).await;
    assert_eq!(outcome, Err(InvalidToken::Issuer.into()));
}

#[tokio::test]
async fn openid_connect_accepts_an_id_token_and_marks_it_as_used() {
    let (world, engine) = world();
    let signer = Signer::new("one");
    openid(&world, OP, &[&signer]);
    let token = signer.sign(&claims());
    let one = verify(&world, &engine, "openid_connect", &id_token(&token)).await.unwrap();
    let again = verify(&world, &engine, "openid_connect", &id_token(&token)).await.unwrap();
    assert!(one.replay.is_some() && one.replay == again.replay);
    assert_eq!(world.count(USERINFO), 0);
}

#[tokio::test]
async fn each_client_identifier_of_apple_is_accepted() {
    let (world, engine) = world();
    let signer = Signer::rsa("one");
    world.json("https://appleid.apple.com/auth/keys", &jwks(&[&signer]));
    let app = json!({"apple": {"APP": {"client_id": "client.web, client.ios", "secret": "K", "key": "T"}}});
    let app = AppConfig::parse(&app).unwrap().remove(0);
    let mut claims = claims();
    claims["iss"] = json!("https://appleid.apple.com");
    for (audience, ok) in [("client.web", true), ("client.ios", true), ("client.web, client.ios", false), ("x", false)]
    {
        claims["aud"] = json!(audience);
        let token = signer.sign(&claims);
        let token = NativeToken { client_id: "client.ios", id_token: Some(&token), access_token: None };
        assert_eq!(engine.provider(&app).verify_token(&token, NOW).await.is_ok(), ok, "{audience}");
    }
}
