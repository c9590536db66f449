//! Tests that each provider's profile document, in its real format, becomes an identity.

use super::*;
use crate::provider::table::{Protocol, table};
use std::path::Path;

/// Provider, subject, addresses (`+` verified, `-` not), first name, last name, name, username.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const EXPECTED: [Row; 32] = [
    ("amazon", "amzn1.account.K2LI23KL2LK2", "-mhashimoto-04@plaxo.com", "Mork", "Hashimoto Li", "Mork Hashimoto Li", ""),
    ("apple", "001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039", "+x7h4gq9tps@privaterelay.appleid.com", "Ann", "Apple", "", ""),
    ("auth0", "auth0|5f7c8ec7c33c6c004bbafe82", "-jane.doe@example.com", "", "", "jane.doe@example.com", ""),
    ("bitbucket_oauth2", "557058:a1b2c3d4-0000-4e26-9000-111122223333", "-tutorials@example.com", "", "", "tutorials account", "tutorials"),
    ("discord", "80351110224678912", "+nelly@discord.com", "", "", "nelly", "nelly"),
    ("dropbox", "dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc", "-franz@dropbox.com", "", "", "Franz Ferdinand (Personal)", ""),
    ("facebook", "630595557", "-jane.doe@example.com", "Jane", "Doe", "Jane Q Doe", ""),
    ("figma", "2600", "-johndoe@example.com", "", "", "John Doe", ""),
    ("github", "583231", "+octocat@github.com -public@github.com -other@github.com", "", "", "monalisa octocat", "octocat"),
    ("gitlab", "2", "-john@example.com", "", "", "John Smith", "john_smith"),
    ("google", "108204268033311374519", "+raymond.penners@example.com", "Raymond", "Penners", "", ""),
    ("instagram", "17841405793187218", "", "", "", "", "jayposiris"),
    ("kakao", "123456789", "+sample@sample.com", "", "", "", "Hong"),
    ("keycloak", "248289761001", "+janedoe@example.com", "Jane", "Doe", "Jane Doe", "j.doe"),
    ("line", "U4af4980629abcdef0123456789abcdef", "", "", "", "", "U4af4980629abcdef0123456789abcdef"),
    ("linkedin_oauth2", "yrZCpj2Z12", "-bob@example.com", "Bob", "Smith", "", ""),
    ("microsoft", "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "-adelev@contoso.onmicrosoft.com", "Adele", "Vance", "", "AdeleV"),
    ("naver", "32742776", "-openapi@naver.com", "", "", "", ""),
    ("notion", "user-9188c6a5-7381-452f-b3dc-d4865aa89bdf_workspace-8f6b1f4a-52f1-4c0e-a5b1-4b7b8f7a2a11", "-test@example.com", "", "", "Test User", ""),
    ("okta", "00uid4BxXw6I6TV4m0g3", "+john.doe@example.com", "John", "Doe", "", "john.doe"),
    ("openid_connect", "782bbtaQ", "+doe@email.com", "John", "Doe", "John Doe", ""),
    ("reddit", "voussoirs", "", "", "", "", "voussoirs"),
    ("slack", "T0R7GR_U0R7JM", "+krane@slack-corp.com", "", "", "", ""),
    ("spotify", "wizzler", "-email@example.com", "", "", "JM Wizzler", ""),
    ("telegram", "123456789", "", "John", "Doe", "", "johndoe"),
    ("tiktok", "723f24d7-e717-40f8-a2b6-cb8464cd23b4", "", "", "", "Tik Tok", "tiktok"),
    ("twitch", "44322889", "-login@provider.com", "", "", "Dallas", "dallas"),
    ("twitter_oauth2", "2244994945", "", "", "", "X Dev", "TwitterDev"),
    ("vk", "1234567890", "-ivan_i123@vk.ru", "Ivan", "Ivanov", "", ""),
    ("weixin", "oPENID", "", "", "", "微信", "微信"),
    ("yandex", "1000034426", "-test@yandex.ru", "Ivan", "Ivanov", "", "vasya"),
    ("zoom", "KdYKjnimT4KPd8FFgQt9FQ", "+jane.dev@email.com", "Jane", "Dev", "", ""),
];

fn document(name: &str) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/tests/profiles");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Serves the document at the provider's URL, and runs a login from the code to the identity.
async fn identity(id: &str) -> Identity {
    let (world, engine) = world();
    let app = app(id);
    let provider = engine.provider(&app);
    let entry = &table()[id];
    let profile = document(id).unwrap_or_else(|| panic!("no document of {id}"));
    if let Some(addresses) = document(&format!("{id}.addresses")) {
        let url = app.fill(&entry.addresses.as_ref().unwrap().url, &|_| None).unwrap();
        world.json(url.split('?').next().unwrap(), &addresses);
    }
    let mut answer = json!({"access_token": "access", "token_type": "bearer", "expires_in": 3600, "openid": "oPENID"});
    match (id, entry.protocol) {
        (_, Protocol::Telegram) => return super::telegram::identity(&provider, profile),
        ("notion", _) => answer = profile,
        ("apple", _) => {
            let signer = Signer::rsa("apple");
            world.json("https://appleid.apple.com/auth/keys", &jwks(&[&signer]));
            let token = signer.sign(&profile);
            let made = super::flow::apple_tokens(&world, &engine, &token).await;
            return provider.identify(&made, Some("nonce"), NOW).await.unwrap();
        }
        (_, Protocol::OpenidConnect) => {
            let server = configuration_url(&app).unwrap();
            let server = server.split("/.well-known/").next().unwrap();
            let signer = Signer::new("one");
            openid(&world, server, &[&signer]);
            world.json(&format!("{server}/userinfo"), &profile);
            let mut claims = claims();
            (claims["iss"], claims["sub"]) = (json!(server), profile["sub"].clone());
            answer["id_token"] = json!(signer.sign(&claims));
        }
        _ => {
            let url = app.fill(&entry.profile.as_ref().unwrap().url, &|_| None).unwrap();
            world.json(url.split('?').next().unwrap(), &profile);
        }
    }
    let tokens = tokens(&world, &provider, &answer).await;
    assert_eq!(tokens.access_token, answer["access_token"], "{id}");
    provider.identify(&tokens, Some("nonce"), NOW).await.unwrap_or_else(|error| panic!("{id}: {error}"))
}

#[tokio::test]
async fn every_provider_s_document_becomes_an_identity() {
    for (id, subject, emails, first_name, last_name, name, username) in EXPECTED {
        let identity = identity(id).await;
        let shown = identity
            .emails
            .iter()
            .map(|address| format!("{}{}", if address.verified { '+' } else { '-' }, address.email));
        assert_eq!(identity.subject, subject, "{id}");
        assert_eq!(shown.collect::<Vec<_>>().join(" "), emails, "{id}");
        let texts = [&identity.first_name, &identity.last_name, &identity.name, &identity.username];
        let texts = texts.map(|text| text.as_deref().unwrap_or_default());
        assert_eq!(texts, [first_name, last_name, name, username], "{id}");
        assert!(identity.extra.is_object(), "{id}");
        assert!(!identity.extra.to_string().contains("access_token"), "{id}");
    }
}

#[test]
fn an_identity_is_shown_as_the_reference_shows_it() {
    for (id, shown) in [
        ("amazon", "mhashimoto-04@plaxo.com"),
        ("bitbucket_oauth2", "tutorials"),
        ("discord", "Nelly"),
        ("github", "octocat"),
        ("instagram", "jayposiris"),
        ("kakao", "sample@sample.com"),
        ("line", "Brown"),
        ("linkedin_oauth2", "Bob Smith"),
        ("microsoft", "Adele Vance"),
        ("notion", "Test User (Test)"),
        ("telegram", "johndoe"),
        ("weixin", "微信"),
        ("yandex", "test@yandex.ru"),
    ] {
        assert_eq!(app(id).display(&document(id).unwrap()), shown, "{id}");
    }
    let apple = app("apple");
    let name = json!({"firstName": "Ann", "lastName": "Apple"});
    assert_eq!(apple.display(&json!({"email": "x@privaterelay.appleid.com", "name": name})), "Ann Apple");
    assert_eq!(apple.display(&json!({"email": "x@privaterelay.appleid.com"})), "x@privaterelay.appleid.com");
    assert_eq!(apple.display(&json!({"email": "ann@example.com", "name": name})), "ann@example.com");
    let generic = app("openid_connect");
    assert_eq!(generic.display(&json!({"userinfo": {"sub": "1", "email": "a@b.c"}, "id_token": {}})), "a@b.c");
    assert_eq!(generic.display(&json!({"id_token": {"sub": "1", "given_name": "Jo"}})), "Jo");
    assert_eq!(generic.display(&json!({})), "OpenID Connect");
    assert_eq!(app("vk").display(&json!({"user_id": "1"})), "VK");
}

#[test]
fn every_provider_of_the_table_has_a_row() {
    for id in known() {
        assert!(EXPECTED.iter().any(|row| row.0 == id), "{id} has no row");
    }
}

#[tokio::test]
async fn an_address_that_the_provider_calls_unverified_is_not_verified() {
    for (id, change) in [
        ("discord", json!({"id": "1", "email": "a@example.com", "verified": false})),
        ("zoom", json!({"id": "1", "email": "a@example.com", "verified": 0})),
        ("okta", json!({"sub": "1", "email": "a@example.com", "email_verified": "false"})),
        (
            "kakao",
            json!({"id": 1, "kakao_account": {"email": "a@example.com", "is_email_verified": true, "is_email_valid": false}}),
        ),
        ("google", json!({"id": "1", "email": "a@example.com", "verified_email": "no"})),
    ] {
        for (section, verified) in [
            (json!({}), false),
            (json!({"VERIFIED_EMAIL": ["other.example.com"]}), false),
            (json!({"VERIFIED_EMAIL": true}), true),
            (json!({"VERIFIED_EMAIL": ["EXAMPLE.com"]}), true),
        ] {
            let app = app_with(id, settings(), section);
            let identity = Identity::read(&app, &change, json!({}), vec![]).unwrap();
            assert_eq!(identity.emails[0].verified, verified, "{id}");
        }
    }
}

#[test]
fn a_subject_must_be_a_short_text_or_a_whole_number() {
    let app = app("github");
    let long = "x".repeat(MAX_SUBJECT + 1);
    for wrong in [
        json!(null),
        json!(true),
        json!(1.5),
        json!(""),
        json!({}),
        json!([1]),
        json!(long),
        json!(" "),
        json!("a\u{0}b"),
        json!("a\nb"),
    ] {
        assert!(Identity::read(&app, &json!({"id": wrong}), json!({}), vec![]).is_err(), "{wrong}");
    }
    // OpenID Connect Core 1.0, section 2: up to 255 characters.
    for right in ["x".repeat(192), "x".repeat(255), "ü".repeat(255), "a b".to_owned()] {
        let identity = Identity::read(&app, &json!({"id": right}), json!({}), vec![]).unwrap();
        assert_eq!(identity.subject, right, "nothing is cut off");
    }
}

#[test]
fn display_texts_are_on_one_line_and_of_bounded_length() {
    let app = app("openid_connect");
    let long = "x".repeat(1000);
    let profile = json!({"sub": "1", "given_name": "A\u{0}da\r\n", "family_name": long, "name": long,
                         "preferred_username": long, "email": long});
    let identity = Identity::read(&app, &profile, profile.clone(), vec![]).unwrap();
    let (first, last) = identity.names();
    assert_eq!((first.as_str(), last.chars().count()), ("Ada", 150));
    assert_eq!((identity.username, identity.emails), (None, vec![]));
    assert_eq!(app.display(&json!({"userinfo": profile})).chars().count(), 254);
    let whole = json!({"sub": "1", "name": format!("{long} {long}")});
    let (first, last) = Identity::read(&app, &whole, json!({}), vec![]).unwrap().names();
    assert!(first.chars().count() <= 150 && last.chars().count() <= 150);
    assert_eq!(app.display(&json!({"userinfo": {"username": "a\u{0}\nb"}})), "ab");
}

#[test]
fn fields_of_a_wrong_type_count_as_missing() {
    let app = app("openid_connect");
    for wrong in [json!(null), json!(true), json!(1.5), json!([]), json!(["a@example.com"]), json!({"a": "b"})] {
        let profile = json!({"sub": "1", "email": wrong, "email_verified": wrong, "given_name": wrong,
                             "family_name": wrong, "name": wrong, "preferred_username": wrong, "picture": wrong});
        let identity = Identity::read(&app, &profile, json!({}), vec![]).unwrap();
        assert_eq!((identity.names(), identity.username), ((String::new(), String::new()), None), "{wrong}");
        assert_eq!(identity.emails, [], "{wrong}");
    }
    for wrong in [json!("yes"), json!(["true"]), json!({"a": 1}), json!(2), json!(null)] {
        let profile = json!({"sub": "1", "email": "a@example.com", "email_verified": wrong});
        let identity = Identity::read(&app, &profile, json!({}), vec![]).unwrap();
        assert!(!identity.emails[0].verified, "{wrong}");
    }
}

#[test]
fn a_text_with_two_addresses_is_ignored() {
    let app = app("github");
    for wrong in
        ["a@example.com,b@example.com", "a@example.com b@example.com", "a@b@example.com", "<a@example.com>", "a"]
    {
        let identity = Identity::read(&app, &json!({"id": 1, "email": wrong}), json!({}), vec![]).unwrap();
        assert_eq!(identity.emails, [], "{wrong}");
    }
}

#[test]
fn different_pairs_have_different_keys() {
    let key = identity_key;
    assert_ne!(key("google", "1"), key("google1", ""));
    assert_ne!(key("goo", "gle1"), key("google", "1"));
    assert_ne!(key("a", "B"), key("a", "b"));
    assert_eq!(key("google", "1"), key("google", "1"));
    assert_eq!(key("google", "1").len(), 43);
}
