//! Tests of the redirect and of the exchange of codes, in the dialect of each provider.

use super::*;

/// Returns the tokens of Apple's answer, with the name that its callback sends once.
pub(super) async fn apple_tokens(world: &World, engine: &Engine, id_token: &str) -> ProviderTokens {
    let key = Signer::new("K").key.serialize_pem();
    let app = json!({"apple": {"APP": {"client_id": "client, client.ios", "secret": "KEYID", "key": "TEAM", "certificate_key": key}}});
    let app = AppConfig::parse(&app).unwrap().remove(0);
    let url = "https://appleid.apple.com/auth/token";
    world.json(url, &json!({"access_token": "access", "id_token": id_token, "expires_in": 3600}));
    let user = json!({"name": {"firstName": "Ann", "lastName": "Apple"}, "email": "forged@example.com", "sub": "x"});
    let params = BTreeMap::from([("user".to_owned(), user.to_string())]);
    let tokens = engine.provider(&app).exchange(&callback(&params), NOW).await.unwrap();
    let form = pairs(world.last_to(url).body());
    assert_eq!(form["client_id"], "client");
    let secret = jsonwebtoken::decode_header(&form["client_secret"]).unwrap();
    assert_eq!((secret.kid.as_deref(), secret.alg), (Some("KEYID"), jsonwebtoken::Algorithm::ES256));
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&form["client_secret"]).unwrap().claims;
    let wanted =
        json!({"iss": "TEAM", "aud": "https://appleid.apple.com", "sub": "client", "iat": NOW, "exp": NOW + 300});
    assert_eq!(claims, wanted);
    tokens
}

async fn way(id: &str, section: Value) -> BTreeMap<String, String> {
    let (world, engine) = world();
    openid(&world, OP, &[]);
    let app = app_with(id, settings(), section);
    let redirect = Redirect {
        redirect_uri: BACK,
        state: "state",
        nonce: Some("nonce"),
        pkce_verifier: app.uses_pkce().then_some(VERIFIER),
        ..Redirect::default()
    };
    let url = engine.provider(&app).authorize_url(&redirect, NOW).await.unwrap();
    pairs(url.query().unwrap().as_bytes())
}

#[tokio::test]
async fn every_redirect_contains_the_state_and_the_callback() {
    for id in known().filter(|id| !["telegram", "keycloak"].contains(id)) {
        let query = way(id, json!({})).await;
        assert_eq!(query["state"], "state", "{id}");
        assert_eq!(query.get("redirect_uri").map(String::as_str), (id != "notion").then_some(BACK), "{id}");
        assert!(query["response_type"].starts_with("code"), "{id}");
        assert_eq!(query.contains_key("code_challenge"), app(id).uses_pkce(), "{id}");
        assert!(!query.values().any(|value| value.contains("hush") || value.contains(VERIFIER)), "{id}");
    }
}

#[tokio::test]
async fn a_verifier_is_sent_as_its_hash() {
    let query = way("github", json!({})).await;
    // RFC 7636, appendix B.
    assert_eq!(query["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["scope"], "user:email");
    let (_, engine) = world();
    let app = app("github");
    let short = Redirect { redirect_uri: BACK, state: "s", pkce_verifier: Some("short"), ..Redirect::default() };
    assert!(engine.provider(&app).authorize_url(&short, NOW).await.is_err());
}

#[tokio::test]
async fn settings_cannot_change_the_parameters_that_secure_the_answer() {
    let params = json!({"state": "x", "nonce": "x", "client_id": "x", "code_challenge": "x", "redirect_uri": "x",
        "response_type": "token", "prompt": "consent", "hd": 1});
    let query = way("openid_connect", json!({"AUTH_PARAMS": params, "SCOPE": ["openid", "openid", "more"]})).await;
    assert!(!query.values().any(|value| value == "x" || value == "token"));
    assert_eq!((query["prompt"].as_str(), query["hd"].as_str(), query["nonce"].as_str()), ("consent", "1", "nonce"));
    assert_eq!(query["scope"], "openid more");
}

#[tokio::test]
async fn each_redirect_uses_the_provider_s_parameter_names() {
    let tiktok = way("tiktok", json!({})).await;
    assert_eq!(
        (tiktok["client_key"].as_str(), tiktok["scope"].as_str()),
        ("client", "user.info.basic,user.info.profile")
    );
    assert!(!tiktok.contains_key("client_id"));
    assert_eq!(way("weixin", json!({})).await["appid"], "client");
    assert_eq!(way("notion", json!({})).await["owner"], "user");
    let apple = way("apple", json!({})).await;
    assert_eq!((apple["response_mode"].as_str(), apple["response_type"].as_str()), ("form_post", "code id_token"));
    assert_eq!((apple["nonce"].as_str(), apple["scope"].as_str()), ("nonce", "name email"));
    assert!(!way("facebook", json!({})).await.contains_key("nonce"));
}

async fn asked(id: &str, params: &[(&str, &str)], answer: &str) -> Request<Vec<u8>> {
    let (world, engine) = world();
    openid(&world, OP, &[]);
    let app = app(id);
    let provider = engine.provider(&app);
    let url = provider.endpoints(NOW).await.unwrap().token;
    world.say(&url, 200, answer);
    let params = params.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    assert_eq!(provider.exchange(&callback(&params), NOW).await.unwrap().access_token, "a", "{id}");
    world.last_to(&url)
}

const ANSWER: &str = r#"{"access_token":"a"}"#;

#[tokio::test]
async fn codes_are_exchanged_in_the_provider_s_dialect() {
    let github = asked("github", &[], "access_token=a&scope=user%3Aemail&token_type=bearer").await;
    let form = pairs(github.body());
    for (name, value) in [
        ("client_id", "client"),
        ("client_secret", "hush"),
        ("code", "code"),
        ("redirect_uri", BACK),
        ("grant_type", "authorization_code"),
        ("code_verifier", VERIFIER),
    ] {
        assert_eq!(form[name], value);
    }
    let facebook = asked("facebook", &[], ANSWER).await;
    assert_eq!((facebook.method().as_str(), facebook.body().len()), ("GET", 0));
    assert_eq!(query(&facebook)["client_secret"], "hush");
    let x = asked("twitter_oauth2", &[], ANSWER).await;
    assert_eq!(x.headers()["authorization"], "Basic Y2xpZW50Omh1c2g=");
    assert!(!pairs(x.body()).contains_key("client_secret"));
    let notion = asked("notion", &[], ANSWER).await;
    assert_eq!(notion.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_slice(notion.body()).unwrap();
    assert_eq!(body, json!({"code": "code", "grant_type": "authorization_code", "code_verifier": VERIFIER}));
    let weixin = pairs(asked("weixin", &[], ANSWER).await.body());
    assert_eq!((weixin["appid"].as_str(), weixin["secret"].as_str()), ("client", "hush"));
    assert!(!weixin.contains_key("redirect_uri"));
    let vk = pairs(asked("vk", &[("device_id", "device"), ("state", "s"), ("other", "o")], ANSWER).await.body());
    assert_eq!((vk["device_id"].as_str(), vk["state"].as_str(), vk.contains_key("other")), ("device", "s", false));
    assert_eq!(asked("reddit", &[], ANSWER).await.headers()["user-agent"], "latchkey");
    assert_eq!(pairs(asked("tiktok", &[], ANSWER).await.body())["client_key"], "client");
}

#[tokio::test]
async fn a_refusal_is_recognized_in_every_provider_s_format() {
    for (status, body, code) in [
        (400, r#"{"error":"invalid_grant","error_description":"..."}"#, "invalid_grant"),
        (200, r#"{"error":"bad_verification_code"}"#, "bad_verification_code"),
        (200, "error=bad_verification_code&error_description=x", "bad_verification_code"),
        (400, r#"{"error":{"message":"m","type":"OAuthException","code":100}}"#, "100"),
        (200, r#"{"errcode":40029,"errmsg":"invalid code"}"#, "40029"),
        (401, "nothing", "status 401"),
    ] {
        let (world, engine) = world();
        let app = app("github");
        world.say("https://github.com/login/oauth/access_token", status, body);
        let outcome = engine.provider(&app).exchange(&callback(&BTreeMap::new()), NOW).await;
        assert_eq!(outcome.unwrap_err(), ProviderError::Denied(code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn lifetimes_can_be_texts() {
    for (lifetime, expected) in
        [(json!("3600"), Some(NOW + 3600)), (json!(60), Some(NOW + 60)), (json!("x"), None), (json!(0), None)]
    {
        let (world, engine) = world();
        let app = app("naver");
        let tokens =
            tokens(&world, &engine.provider(&app), &json!({"access_token": "a", "expires_in": lifetime})).await;
        assert_eq!(tokens.expires_at, expected);
    }
}

#[tokio::test]
async fn profiles_are_requested_in_the_provider_s_dialect() {
    let get = |id: &'static str, url: &'static str, section: Value| async move {
        let (world, engine) = world();
        world.json(url, &json!({"sub": "1", "id": "1", "openid": "1", "data": {"user": {"open_id": "1"}}}));
        let app = app_with(id, json!({}), section);
        let provider = engine.provider(&app);
        let answer = json!({"access_token": "access", "openid": "OPEN", "id_token": "idt"});
        let tokens = tokens(&world, &provider, &answer).await;
        provider.identify(&tokens, None, NOW).await.unwrap_or_else(|error| panic!("{id}: {error}"));
        world.last_to(url)
    };
    let github = get("github", "https://api.github.com/user", json!({})).await;
    assert_eq!(github.headers()["authorization"], "token access");
    let facebook = query(&get("facebook", "https://graph.facebook.com/v19.0/me", json!({})).await);
    assert_eq!(facebook["access_token"], "access");
    // `printf access | openssl dgst -sha256 -hmac hush`
    assert_eq!(facebook["appsecret_proof"], "27978f316b7d7cfe1964001d394cd37c23945c67f238a727878d18f716e0ef1e");
    let weixin = query(&get("weixin", "https://api.weixin.qq.com/sns/userinfo", json!({})).await);
    assert_eq!(weixin["openid"], "OPEN");
    let tiktok =
        get("tiktok", "https://open.tiktokapis.com/v2/user/info/", json!({"SCOPE": ["user.info.basic"]})).await;
    assert_eq!(query(&tiktok)["fields"], "open_id,display_name,avatar_url");
    assert_eq!(tiktok.headers()["client-id"], "client");
    let line = get("line", "https://api.line.me/oauth2/v2.1/verify", json!({"SCOPE": ["openid", "email"]})).await;
    assert_eq!((line.method().as_str(), pairs(line.body())["id_token"].as_str()), ("POST", "idt"));
}

#[tokio::test]
async fn github_without_a_list_of_addresses_uses_the_profile_s_address() {
    let (world, engine) = world();
    world.json("https://api.github.com/user", &json!({"id": 1, "email": "a@example.com"}));
    let app = app("github");
    let provider = engine.provider(&app);
    let tokens = tokens(&world, &provider, &json!({"access_token": "a"})).await;
    let identity = provider.identify(&tokens, None, NOW).await.unwrap();
    assert_eq!(identity.emails, [Address { email: "a@example.com".to_owned(), verified: false, primary: true }]);
    world.fail("https://api.github.com/user/emails", FetchError::Timeout);
    assert!(matches!(provider.identify(&tokens, None, NOW).await, Err(ProviderError::Unavailable(_))));
}

/// Handlers run on any thread, so their futures must be `Send`.
#[test]
fn all_futures_can_move_between_threads() {
    fn moves<T: Send>(_: T) {}
    let (_, engine) = world();
    let app = app("google");
    let (provider, redirect, params) = (engine.provider(&app), Redirect::default(), BTreeMap::new());
    let tokens = ProviderTokens::native("access");
    moves(provider.authorize_url(&redirect, NOW));
    moves(provider.exchange(&callback(&params), NOW));
    moves(provider.identify(&tokens, None, NOW));
    moves(provider.verify_token(&NativeToken::default(), NOW));
}

#[tokio::test]
async fn google_s_id_token_needs_a_nonce_with_openid_and_a_wrong_nonce_is_always_refused() {
    let signer = Signer::rsa("one");
    let profile = json!({"SCOPE": ["profile"]});
    let openid = json!({"SCOPE": ["openid", "profile"]});
    for (section, nonce, ok) in [
        (&profile, None, true),
        (&profile, Some("nonce"), true),
        (&profile, Some("other"), false),
        (&openid, None, false),
        (&openid, Some("nonce"), true),
    ] {
        let (world, engine) = world();
        world.json("https://www.googleapis.com/oauth2/v3/certs", &jwks(&[&signer]));
        let mut claims = claims();
        claims["iss"] = json!("https://accounts.google.com");
        claims["nonce"] = json!(nonce);
        if nonce.is_none() {
            claims.as_object_mut().unwrap().remove("nonce");
        }
        let app = app_with("google", json!({}), section.clone());
        let provider = engine.provider(&app);
        let tokens = tokens(&world, &provider, &json!({"access_token": "a", "id_token": signer.sign(&claims)})).await;
        let outcome = provider.identify(&tokens, Some("nonce"), NOW).await;
        assert_eq!(outcome.err(), (!ok).then(|| InvalidToken::Nonce.into()), "{section} {nonce:?}");
    }
}
