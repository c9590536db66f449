//! Tests of `SOCIALACCOUNT_PROVIDERS`.

use super::*;

fn mistake(providers: Value) -> String {
    AppConfig::parse(&providers).unwrap_err().to_string()
}

#[test]
fn one_provider_can_have_several_applications() {
    let apps = AppConfig::parse(&json!({
        "google": {"APPS": [
            {"client_id": "web", "secret": "s"},
            {"client_id": "ios", "settings": {"hidden": true}},
        ]},
        "openid_connect": {"OAUTH_PKCE_ENABLED": false, "APPS": [
            {"provider_id": "corp", "name": "Corp", "client_id": "c", "settings": {"server_url": "https://id.corp.example"}},
            {"provider_id": "lab", "client_id": "c",
             "settings": {"server_url": "https://id.lab.example", "oauth_pkce_enabled": true}},
        ]},
        "dummy": {},
        "github": {"SCOPE": ["user"]},
    }))
    .unwrap();
    let shown: Vec<_> = apps.iter().map(|app| (app.id(), app.name(), app.client_id(), app.uses_pkce())).collect();
    assert_eq!(
        shown,
        [
            ("google", "Google", "web", true),
            ("google", "Google", "ios", true),
            ("corp", "Corp", "c", false),
            ("lab", "OpenID Connect", "c", true),
        ]
    );
    assert!(apps[1].is_hidden() && !apps[0].is_hidden());
}

#[test]
fn all_mistakes_are_reported_together() {
    let said = mistake(json!({
        "googel": {},
        "github": {"APP": {"secret": "s"}},
        "gitlab": {"APPS": [{"client_id": "a"}, {"client_id": "a"}]},
        "openid_connect": {"APP": {"client_id": "a"}},
        "slack": {"APP": {"client_id": "a"}, "SCOPE": "openid"},
        "zoom": {"APP": {"client_id": "a"}, "VERIFIED_EMAIL": "yes"},
    }));
    for part in
        ["googel", "amazon, apple", "client_id", "two applications", "server_url", "list of strings", "VERIFIED_EMAIL"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(mistake(json!([])).contains("dictionary"));
}

#[test]
fn secrets_are_not_shown() {
    let mut app = app_with("apple", json!({"certificate_key": "PEM-HUSH"}), json!({}));
    let shown = format!("{app:?}");
    assert!(shown.contains("client") && !shown.to_lowercase().contains("hush"), "{shown}");
    app = app_with("openid_connect", json!({"server_url": "https://x.example", "more": "hush"}), json!({"X": "hush"}));
    assert!(!format!("{app:#?}").contains("hush"));
    let native = NativeToken { client_id: "c", id_token: Some("hush"), access_token: Some("hush") };
    assert!(!format!("{native:?}").contains("hush"));
}

#[tokio::test]
async fn tokens_are_not_shown() {
    let (world, engine) = world();
    let app = app("github");
    let answer = json!({"access_token": "hush-a", "refresh_token": "hush-r", "id_token": "hush-i"});
    let tokens = tokens(&world, &engine.provider(&app), &answer).await;
    assert_eq!((tokens.refresh_token.as_deref(), tokens.id_token.as_deref()), (Some("hush-r"), Some("hush-i")));
    assert!(!format!("{tokens:?}").contains("hush"));
}

#[test]
fn login_by_address_can_be_set_globally_by_provider_and_by_application() {
    let plain = app_with("google", json!({}), json!({}));
    assert!(!plain.email_authentication(false) && plain.email_authentication(true));
    let provider = app_with("google", json!({}), json!({"EMAIL_AUTHENTICATION": true}));
    assert!(provider.email_authentication(false));
    let own = app_with("google", json!({"email_authentication": false}), json!({"EMAIL_AUTHENTICATION": true}));
    assert!(!own.email_authentication(true));
    assert!(!plain.email_authentication_auto_connect(false) && plain.email_authentication_auto_connect(true));
}
