//! Tests of generic OpenID Connect: the published configuration, and the profile in addition to the token.

use super::*;

const CONFIGURATION: &str = "https://op.example.com/.well-known/openid-configuration";

fn good(world: &World) -> Signer {
    let signer = Signer::new("one");
    openid(world, OP, &[&signer]);
    signer
}

async fn login(world: &World, engine: &Engine, signer: &Signer) -> Result<Identity, ProviderError> {
    let app = app("openid_connect");
    let provider = engine.provider(&app);
    world.json("https://op.example.com/token", &json!({"access_token": "access", "id_token": signer.sign(&claims())}));
    let tokens = provider.exchange(&callback(&BTreeMap::new()), NOW).await?;
    provider.identify(&tokens, Some("nonce"), NOW).await
}

#[tokio::test]
async fn the_profile_must_have_the_token_s_subject() {
    let (world, engine) = world();
    let signer = good(&world);
    world.json(USERINFO, &json!({"sub": "person", "email": "new@example.com", "email_verified": false}));
    let identity = login(&world, &engine, &signer).await.unwrap();
    assert_eq!((identity.emails[0].email.as_str(), identity.emails[0].verified), ("new@example.com", false));
    assert_eq!(identity.extra["userinfo"]["sub"], "person");
    for other in [json!({"sub": "another"}), json!({"email": "person@example.com"}), json!({"sub": null})] {
        world.json(USERINFO, &other);
        assert_eq!(login(&world, &engine, &signer).await, Err(InvalidToken::Subject.into()), "{other}");
    }
}

#[tokio::test]
async fn a_login_without_an_id_token_is_refused() {
    let (world, engine) = world();
    good(&world);
    world.json(USERINFO, &json!({"sub": "person"}));
    let app = app("openid_connect");
    let provider = engine.provider(&app);
    let tokens = tokens(&world, &provider, &json!({"access_token": "access"})).await;
    assert_eq!(provider.identify(&tokens, Some("nonce"), NOW).await, Err(InvalidToken::Missing.into()));
}

#[tokio::test]
async fn a_configuration_of_another_issuer_is_refused() {
    let (world, engine) = world();
    let mut document = json!({
        "issuer": "https://evil.example.com", "jwks_uri": KEYS,
        "authorization_endpoint": "https://op.example.com/authorize", "token_endpoint": "https://op.example.com/token",
    });
    world.json(CONFIGURATION, &document);
    let app = app("openid_connect");
    let provider = engine.provider(&app);
    let redirect = Redirect { redirect_uri: BACK, state: "state", ..Redirect::default() };
    let at = |hours: i64| NOW + hours * KEPT;
    assert!(matches!(provider.authorize_url(&redirect, at(0)).await, Err(ProviderError::Configuration(_))));
    // A trailing slash does not make another issuer: operators write both forms.
    document["issuer"] = json!("https://op.example.com/");
    world.json(CONFIGURATION, &document);
    assert!(provider.authorize_url(&redirect, at(1)).await.is_ok());
    document["jwks_uri"] = json!("http://op.example.com/keys");
    world.json(CONFIGURATION, &document);
    assert!(matches!(provider.authorize_url(&redirect, at(2)).await, Err(ProviderError::Configuration(_))));
}

#[tokio::test]
async fn documents_are_cached_for_an_hour() {
    let (world, engine) = world();
    good(&world);
    let app = app("openid_connect");
    let provider = engine.provider(&app);
    let redirect = Redirect { redirect_uri: BACK, state: "state", ..Redirect::default() };
    for (after, fetched) in [(0, 1), (KEPT - 1, 1), (KEPT, 2), (KEPT + 5, 2), (0, 3)] {
        provider.authorize_url(&redirect, NOW + after).await.unwrap();
        assert_eq!(world.count(CONFIGURATION), fetched, "{after}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_slow_or_invalid_is_a_clear_error() {
    let urls = [CONFIGURATION, KEYS, USERINFO, "https://op.example.com/token"];
    for url in urls {
        type Wanted = fn(&ProviderError) -> bool;
        let unavailable: Wanted = |error| matches!(error, ProviderError::Unavailable(_));
        let published = [CONFIGURATION, KEYS].contains(&url);
        let nonsense: Wanted =
            if published { unavailable } else { |error| matches!(error, ProviderError::Nonsense(_)) };
        let broken: [(&str, Answer, Wanted); 8] = [
            ("slow", Box::new(|_| Err(FetchError::Timeout)), unavailable),
            ("gone", Box::new(|_| Err(FetchError::Failed("no connection".to_owned()))), unavailable),
            ("503", answer(503, "down"), unavailable),
            ("429", answer(429, "{}"), unavailable),
            ("302", answer(302, "{}"), nonsense),
            ("html", answer(200, "<html>Hello</html>"), nonsense),
            ("half", answer(200, "{\"access_token\": \"a"), nonsense),
            ("large", Box::new(|_| Err(FetchError::TooLarge)), nonsense),
        ];
        for (what, broken, wanted) in broken {
            let (world, engine) = world();
            let signer = good(&world);
            world.json(USERINFO, &json!({"sub": "person"}));
            let token = json!({"access_token": "access", "id_token": signer.sign(&claims())});
            world.json("https://op.example.com/token", &token);
            world.answer(url, broken);
            let app = app("openid_connect");
            let provider = engine.provider(&app);
            let outcome = async {
                let tokens = provider.exchange(&callback(&BTreeMap::new()), NOW).await?;
                provider.identify(&tokens, Some("nonce"), NOW).await
            };
            let error = outcome.await.unwrap_err();
            assert!(wanted(&error), "{url} {what}: {error:?}");
        }
    }
}

fn answer(status: u16, body: &'static str) -> Answer {
    Box::new(move |_| Ok(Response::builder().status(status).body(body.into()).unwrap()))
}

#[tokio::test]
async fn a_setting_can_choose_the_claim_of_the_subject() {
    let (world, engine) = world();
    let signer = good(&world);
    let app = app_with(
        "openid_connect",
        json!({"server_url": OP, "uid_field": "email", "fetch_userinfo": false, "token_auth_method": "client_secret_post"}),
        json!({}),
    );
    let provider = engine.provider(&app);
    let tokens = tokens(&world, &provider, &json!({"access_token": "a", "id_token": signer.sign(&claims())})).await;
    assert_eq!(provider.identify(&tokens, Some("nonce"), NOW).await.unwrap().subject, "person@example.com");
    let request = world.last_to("https://op.example.com/token");
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(pairs(request.body())["client_secret"], "hush");
}

#[test]
fn the_url_of_the_configuration_is_built_from_the_server() {
    for (server, url) in [
        ("https://a.example", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/realm/", "https://a.example/realm/.well-known/openid-configuration"),
        ("https://a.example/.well-known/other", "https://a.example/.well-known/other"),
    ] {
        let app = app_with("openid_connect", json!({"server_url": server}), json!({}));
        assert_eq!(configuration_url(&app).unwrap(), url);
    }
    let url = "https://kc.example.com/realms/main/.well-known/openid-configuration";
    assert_eq!(configuration_url(&app("keycloak")).unwrap(), url);
}
