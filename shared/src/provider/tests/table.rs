//! Tests of the table of providers.

use super::*;
use crate::provider::table::{Entry, Protocol, TABLE, table};

/// Returns the templates of an entry that are URLs.
fn addresses(entry: &Entry) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    all.extend(entry.authorize.as_deref());
    all.extend(entry.token.as_deref());
    all.extend(entry.server.as_deref());
    all.extend(entry.profile.as_ref().map(|p| p.url.as_str()).filter(|url| !url.is_empty()));
    all.extend(entry.profile_with_scope.as_ref().map(|p| p.url.as_str()));
    all.extend(entry.addresses.as_ref().map(|a| a.url.as_str()));
    all.extend(entry.introspection.as_ref().map(|i| i.url.as_str()));
    all.extend(entry.id_token.iter().flat_map(|t| [t.issuer.as_str(), t.keys.as_str()]));
    all
}

#[test]
fn the_table_can_be_parsed_and_unknown_keys_are_refused() {
    let read = |json: &str| serde_json::from_str::<BTreeMap<String, Entry>>(json);
    assert_eq!(read(TABLE).unwrap().len(), table().len());
    assert!(read(r#"{"x": {"name": "X", "fields": {"subject": []}}}"#).is_ok());
    assert!(read(r#"{"x": {"name": "X", "color": "red", "fields": {"subject": []}}}"#).is_err());
}

#[test]
fn all_required_providers_exist() {
    let wanted = "google apple microsoft github gitlab facebook instagram twitter_oauth2 linkedin_oauth2 discord slack \
        spotify twitch reddit dropbox amazon auth0 okta keycloak bitbucket_oauth2 zoom notion figma line kakao naver \
        weixin yandex vk tiktok telegram openid_connect";
    for id in wanted.split_whitespace() {
        assert!(table().contains_key(id), "{id}");
    }
    assert!(!table().contains_key(DUMMY));
}

#[test]
fn every_url_is_https() {
    for (id, entry) in table() {
        let app = app(id);
        let addresses = addresses(entry);
        assert!(!addresses.is_empty(), "{id}");
        for template in addresses {
            let url = app.fill(template, &|_| None).unwrap();
            assert!(url.starts_with("https://"), "{id}: {url}");
            assert!(PlainHttp::Loopback.url(&url).is_ok(), "{id}: {url}");
        }
    }
}

#[test]
fn every_entry_has_the_fields_that_its_protocol_needs() {
    for (id, entry) in table() {
        assert!(!entry.fields.subject.is_empty(), "{id}");
        match entry.protocol {
            Protocol::Oauth2 => {
                assert!(entry.authorize.is_some() && entry.token.is_some(), "{id}");
                assert!(entry.profile.is_some() || entry.id_token.is_some(), "{id}");
            }
            Protocol::OpenidConnect => assert!(entry.server.is_some(), "{id}"),
            Protocol::Telegram => assert!(entry.authorize.is_some(), "{id}"),
        }
    }
}

#[test]
fn a_missing_setting_is_named_in_the_error() {
    let app = app_with("okta", json!({}), json!({}));
    let error = app.fill("https://{okta_base_url}/x", &|_| None).unwrap_err().to_string();
    assert!(error.contains("okta_base_url") && error.contains("OKTA_BASE_URL"), "{error}");
}

#[test]
fn settings_can_change_the_urls_of_a_provider() {
    let app = app_with("github", json!({}), json!({"GITHUB_URL": "https://git.example.com/"}));
    assert_eq!(app.fill("{github_api_url}/user", &|_| None).unwrap(), "https://git.example.com/api/v3/user");
    let app = app_with("gitlab", json!({"gitlab_url": "https://a.example.com"}), json!({"GITLAB_URL": "https://b"}));
    assert_eq!(app.fill("{gitlab_url}", &|_| None).unwrap(), "https://a.example.com");
    let app = app_with("microsoft", json!({}), json!({"TENANT": "contoso"}));
    assert_eq!(app.fill("{login_url}/{tenant}", &|_| None).unwrap(), "https://login.microsoftonline.com/contoso");
    let app = app_with("facebook", json!({}), json!({"VERSION": "v25.0", "FIELDS": ["id", "email"]}));
    assert_eq!(app.fill("{graph_api_url}?{fields}", &|_| None).unwrap(), "https://graph.facebook.com/v25.0?id,email");
}

#[test]
fn a_trailing_slash_in_a_setting_is_neither_doubled_nor_lost() {
    let section = json!({"ID_TOKEN_ISSUER": "https://id.example.com/", "AUTHORIZE_URL": "https://id.example.com/a/"});
    let app = app_with("google", json!({}), section);
    assert_eq!(app.fill("{id_token_issuer}", &|_| None).unwrap(), "https://id.example.com/");
    assert_eq!(app.fill("{authorize_url}", &|_| None).unwrap(), "https://id.example.com/a/");
    let app = app_with("auth0", json!({}), json!({"AUTH0_URL": "https://t.auth0.com/"}));
    assert_eq!(app.fill("{auth0_url}/userinfo", &|_| None).unwrap(), "https://t.auth0.com/userinfo");
}
