//! Tests of invalid input from an identity provider: tokens, subjects, addresses, texts, whole answers. Each story uses
//! every login through a provider, in the headless and the flat API.

use super::identities::{EMAIL, NEXT, Scene, error, identities};
use super::identity_provider::Wrong;
use crate::lab::{Lab, PASSWORD, Reply, call};
use serde_json::{Value, json};

/// A kind of login through a provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Redirect,
    Token,
    FlatRedirect,
    FlatIdToken,
    FlatAccessToken,
}

use Way::{FlatAccessToken, FlatIdToken, FlatRedirect, Redirect, Token};

const WAYS: [Way; 5] = [Redirect, Token, FlatRedirect, FlatIdToken, FlatAccessToken];
/// Logins that use an ID token.
const BY_ID_TOKEN: [Way; 4] = [Redirect, Token, FlatRedirect, FlatIdToken];
/// Logins that ask the provider for the profile.
const BY_USERINFO: [Way; 3] = [Redirect, FlatRedirect, FlatAccessToken];
/// Logins that exchange a code.
const BY_CODE: [Way; 2] = [Redirect, FlatRedirect];

/// The outcome of a login.
#[derive(Debug, Clone, PartialEq)]
enum End {
    /// The user with this id is logged in.
    In(String),
    /// The user must fill in a form with the missing data. The value is the session token of an app or the token of the
    /// flow.
    Asked(Option<String>),
    /// 400: the service does not accept the provider's answer.
    Refused,
    /// 503: the provider does not answer.
    Unavailable,
}

fn flat(lab: &Lab, path: &str, body: &Value) -> Reply {
    let json = [("content-type", "application/json")];
    call(&lab.url, "POST", &format!("/auth/providers/op/{path}/"), &json, Some(body.to_string()))
}

fn end_of_flat(reply: &Reply, field: &str) -> End {
    let (codes, user) = (&reply.json["error_codes"], &reply.json["user"]["id"]);
    match reply.status {
        200 => End::In(user.as_str().unwrap().to_owned()),
        401 if reply.json["flow"] == "provider_signup" => {
            End::Asked(reply.json["flow_token"].as_str().map(str::to_owned))
        }
        400 if *codes == json!({field: ["invalid_token"]}) => End::Refused,
        503 if *codes == json!({"__all__": ["provider_unavailable"]}) => End::Unavailable,
        _ => panic!("{}: {}", reply.status, reply.text),
    }
}

impl Way {
    fn go(self, scene: &Scene, person: &Value) -> End {
        let lab = &scene.lab;
        scene.op.person(person.clone());
        match self {
            Redirect => {
                let mut browser = lab.browser();
                let told = scene.go(&mut browser, "login");
                if told == error("unknown", "login") {
                    assert_eq!(browser.get("auth/session").status, 401);
                    return End::Refused;
                }
                assert_eq!(told, NEXT);
                let session = browser.get("auth/session");
                match session.json["data"]["user"]["id"].as_str() {
                    Some(id) => End::In(id.to_owned()),
                    None => {
                        assert_eq!(session.pending().as_deref(), Some("provider_signup"), "{}", session.text);
                        End::Asked(None)
                    }
                }
            }
            Token => {
                let mut app = lab.app();
                let reply = scene.token(&mut app, "login", person);
                match (reply.status, reply.errors().join(" ").as_str()) {
                    (200, _) => End::In(reply.json["data"]["user"]["id"].as_str().unwrap().to_owned()),
                    (401, _) if reply.pending().as_deref() == Some("provider_signup") => End::Asked(app.token),
                    (400, "token:invalid_token") => End::Refused,
                    (503, "provider:provider_unavailable") => End::Unavailable,
                    _ => panic!("{}: {}", reply.status, reply.text),
                }
            }
            FlatRedirect => {
                let reply = flat(lab, "redirect", &json!({}));
                let url = reply.json["redirect_url"].as_str().unwrap_or_else(|| panic!("{}", reply.text));
                let (base, path) = url.split_at(scene.op.url.len());
                let back = url::Url::parse(call(base, "GET", path, &[], None).header("location").unwrap()).unwrap();
                let params = back.query_pairs().map(|(name, value)| (name.into_owned(), json!(value)));
                end_of_flat(&flat(lab, "callback", &Value::Object(params.collect())), "code")
            }
            FlatIdToken => {
                let body = json!({"id_token": scene.op.id_token(person)});
                end_of_flat(&flat(lab, "token", &body), "access_token")
            }
            FlatAccessToken => {
                let body = json!({"access_token": scene.op.access_token(person)});
                end_of_flat(&flat(lab, "token", &body), "access_token")
            }
        }
    }

    /// Logs in while the provider has a fault, and checks the outcome. In the redirect flow, every failure has the same
    /// error code.
    fn ends(self, scene: &Scene, wrong: &Wrong, expected: &End) {
        scene.op.be(wrong.clone());
        let end = self.go(scene, &person("ada", EMAIL, true));
        scene.op.be(Wrong::Nothing);
        let expected = if self == Redirect { &End::Refused } else { expected };
        assert_eq!(end, *expected, "{self:?} {wrong:?}");
    }
}

fn person(sub: &str, email: &str, verified: bool) -> Value {
    json!({"sub": sub, "email": email, "email_verified": verified, "name": "Ada Lovelace"})
}

/// Checks that no account has this address.
fn is_free(lab: &Lab, email: &str) {
    let reply = lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// CVE-2026-31813; ASVS 5.0 10.5.1, 10.5.3, 10.5.4.
#[test]
fn an_id_token_with_a_single_fault_is_refused_in_every_api() {
    let scene = Scene::new(&[]);
    let wrong = [
        Wrong::Claim("iss", json!("https://elsewhere.example")),
        Wrong::Claim("iss", json!([scene.op.url])),
        Wrong::Without("iss"),
        Wrong::Claim("aud", json!("another-client")),
        Wrong::Claim("aud", json!({"our-client": true})),
        Wrong::Claim("azp", json!("another-client")),
        Wrong::Without("aud"),
        Wrong::Claim("exp", json!(1_500_000_000)),
        Wrong::Claim("exp", json!("4000000000")),
        Wrong::Without("exp"),
        Wrong::Claim("nbf", json!(4_000_000_000_u64)),
        Wrong::Claim("iat", json!(4_000_000_000_u64)),
        Wrong::Claim("iat", json!(true)),
        Wrong::Claim("sub", json!(7)),
        Wrong::Claim("sub", json!(["ada"])),
        Wrong::Without("sub"),
        Wrong::Signature,
        Wrong::Unsigned,
        Wrong::Hmac,
    ];
    for wrong in wrong {
        for way in BY_ID_TOKEN {
            way.ends(&scene, &wrong, &End::Refused);
        }
    }
    for wrong in [Wrong::Claim("nonce", json!("another")), Wrong::Without("nonce"), Wrong::Claim("nonce", json!(1))] {
        for way in BY_CODE {
            way.ends(&scene, &wrong, &End::Refused);
        }
    }
    for way in BY_USERINFO {
        way.ends(&scene, &Wrong::Userinfo, &End::Refused);
    }
    FlatAccessToken.ends(&scene, &Wrong::Client("another-client"), &End::Refused);
    is_free(&scene.lab, EMAIL);
}

/// CVE-2026-47164: accounts were joined by an unverified address.
#[test]
fn an_unverified_address_does_not_log_in_to_an_account_in_any_api() {
    for by_email in ["false", "true"] {
        let scene = Scene::new(&[
            ("SOCIALACCOUNT_EMAIL_AUTHENTICATION", by_email),
            ("SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", by_email),
        ]);
        scene.lab.user(&mut scene.lab.app(), EMAIL);
        for way in WAYS {
            let mut eve = person("eve", EMAIL, false);
            for verified in [json!(false), json!("no"), json!(2), json!(["true"]), Value::Null] {
                eve["email_verified"] = verified;
                let end = way.go(&scene, &eve);
                assert!(matches!(end, End::Asked(_)), "{way:?} {eve} {end:?}");
            }
        }
    }
}

/// CVE-2025-65431: an account was found by a name that can pass to another person (ASVS 5.0 6.8.1).
#[test]
fn an_identity_is_found_by_its_subject_alone_in_every_api() {
    let scene = Scene::new(&[("SOCIALACCOUNT_EMAIL_AUTHENTICATION", "false")]);
    let mut ada = person("ada", EMAIL, true);
    ada["preferred_username"] = json!("countess");
    let first = Token.go(&scene, &ada);
    let mut renamed = person("ada", "countess@example.com", true);
    renamed["preferred_username"] = json!("enchantress");
    for way in WAYS {
        assert_eq!(way.go(&scene, &renamed), first, "{way:?}");
        // Another person has the username and the address now.
        let mut heir = person(&format!("heir of {way:?}"), EMAIL, true);
        heir["preferred_username"] = json!("countess");
        assert!(matches!(way.go(&scene, &heir), End::Asked(_)), "{way:?}");
        let end = way.go(&scene, &person("ADA", &format!("{way:?}@example.com").to_lowercase(), true));
        assert!(matches!(end, End::In(_)) && end != first, "{way:?}: case counts");
        scene.lab.advance(1);
    }
}

/// OpenID Connect Core 1.0, section 2: a subject has up to 255 characters.
#[test]
fn a_subject_of_255_characters_is_accepted_and_an_invalid_one_is_400() {
    let scene = Scene::new(&[]);
    for length in [191, 192, 255] {
        let (sub, email) = ("s".repeat(length), format!("s{length}@example.com"));
        let mut first = None;
        for way in WAYS {
            let end = way.go(&scene, &person(&sub, &email, true));
            assert!(matches!(end, End::In(_)), "{length} {way:?} {end:?}");
            assert_eq!(*first.get_or_insert(end.clone()), end, "{length} {way:?}");
        }
        let mut app = scene.lab.app();
        scene.token(&mut app, "login", &person(&sub, &email, true));
        assert_eq!(identities(&mut app), [sub]);
    }
    for bad in ["s".repeat(256), "s".repeat(100_000), "a\u{0}b".to_owned(), "a\nb".to_owned(), " ".to_owned()] {
        for way in WAYS {
            let end = way.go(&scene, &person(&bad, EMAIL, true));
            assert_eq!(end, End::Refused, "{bad:.20?} {way:?}");
        }
    }
    is_free(&scene.lab, EMAIL);
}

#[test]
fn an_identity_whose_subject_has_spaces_can_be_disconnected() {
    let scene = Scene::new(&[]);
    let mut client = scene.lab.app();
    scene.lab.user(&mut client, "bob@example.com");
    assert_eq!(scene.token(&mut client, "connect", &person(" a b ", EMAIL, true)).status, 200);
    assert_eq!(identities(&mut client), [" a b "]);
    let reply = client.delete_with("account/providers", json!({"provider": "op", "account": " a b "}));
    assert_eq!((reply.status, &reply.json["data"]), (200, &json!([])), "{}", reply.text);
}

/// If the service accepted an address that its own rules refuse, no endpoint could find the account by it.
#[test]
fn an_invalid_address_is_not_stored_and_the_user_is_asked_for_another() {
    let scene = Scene::new(&[]);
    let bad = [
        json!("jürgen@example.com"),
        json!("a..b@example.com"),
        json!(".a@example.com"),
        json!("a.@example.com"),
        json!("a@example"),
        json!("a@-example.com"),
        json!("a b@example.com"),
        json!("a@example.com,b@example.com"),
        json!(format!("{}@example.com", "a".repeat(300))),
        json!("a\u{0}@example.com"),
        json!("a@example.com\nBcc: b@example.com"),
        json!(7),
        json!(["a@example.com"]),
        json!({"email": "a@example.com"}),
        json!(true),
        json!(""),
        Value::Null,
    ];
    for (number, email) in bad.iter().enumerate() {
        for way in WAYS {
            let person = json!({"sub": format!("{number} {way:?}"), "email": email, "email_verified": true});
            let End::Asked(token) = way.go(&scene, &person) else { panic!("{way:?} {email}") };
            let Some(token) = token else { continue };
            let mut app = scene.lab.app();
            app.token = Some(token);
            assert_eq!(app.get("auth/provider/signup").json["data"]["email"], json!([]), "{email}");
            let good = format!("{number}.{way:?}@example.com").to_lowercase();
            assert_eq!(app.post("auth/provider/signup", json!({})).errors(), ["email:required"]);
            let reply = app.post("auth/provider/signup", json!({"email": good}));
            assert_eq!(reply.status, 200, "{email} {}", reply.text);
            let addresses = app.get("account/email").json["data"].clone();
            assert_eq!((&addresses[0]["email"], addresses.as_array().unwrap().len()), (&json!(good), 1));
            assert_eq!(addresses[0]["verified"], false, "the provider has not verified this address");
        }
    }
}

#[test]
fn profile_texts_of_any_length_and_type_do_not_prevent_a_login() {
    let long = "x".repeat(20_000);
    for (number, auto) in ["true", "false"].iter().enumerate() {
        let settings = [
            ("SOCIALACCOUNT_AUTO_SIGNUP", *auto),
            ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
            ("SOCIALACCOUNT_STORE_TOKENS", "true"),
        ];
        let scene = Scene::new(&settings);
        let texts = [
            json!(long),
            json!("a\u{0}\r\nb\u{7f}"),
            json!("\u{33af}".repeat(150)),
            json!(5),
            json!([1]),
            json!({"a": 1}),
        ];
        for (place, text) in texts.iter().enumerate() {
            for way in WAYS {
                let id = format!("{number}.{place}.{way:?}").to_lowercase();
                let mut person = person(&id, &format!("{id}@example.com"), true);
                for name in ["name", "given_name", "family_name", "preferred_username", "picture", "nickname"] {
                    person[name] = text.clone();
                }
                let end = way.go(&scene, &person);
                assert_eq!(matches!(end, End::In(_)), *auto == "true", "{way:?} {place} {end:?}");
                if matches!(way, Token) && *auto == "true" {
                    assert_eq!(way.go(&scene, &person), end, "{place}");
                }
            }
        }
    }
}

#[test]
fn an_invalid_answer_of_a_provider_is_400_and_an_outage_is_503() {
    let scene = Scene::new(&[]);
    let large = json!({"sub": "ada", "email": EMAIL, "picture": "x".repeat(1 << 20)}).to_string();
    let said = |path: &'static str, status: u16, body: &str| Wrong::Answers(path, status, body.to_owned());
    let wrong = [
        (said("/userinfo", 200, "[]"), &BY_USERINFO[..]),
        (said("/userinfo", 200, "<html>Good morning"), &BY_USERINFO),
        (said("/userinfo", 200, "{\"sub\": \"ada\""), &BY_USERINFO),
        (said("/userinfo", 200, "{}"), &BY_USERINFO),
        (said("/userinfo", 200, "{\"sub\": 7}"), &BY_USERINFO),
        (said("/userinfo", 200, &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))), &BY_USERINFO),
        (said("/userinfo", 200, &large), &BY_USERINFO),
        (said("/userinfo", 401, "{}"), &BY_USERINFO),
        (said("/userinfo", 302, "{}"), &BY_USERINFO),
        (said("/token", 200, "{\"access_token\": 7}"), &BY_CODE),
        (said("/token", 200, "{\"access_token\": \"a\"}"), &BY_CODE),
        (said("/token", 200, "{\"access_token\": \"a\", \"id_token\": {\"sub\": \"ada\"}}"), &BY_CODE),
        (said("/token", 200, "[]"), &BY_CODE),
        (said("/token", 200, "<html>Good morning"), &BY_CODE),
        (said("/token", 400, "{\"error\": \"invalid_grant\"}"), &BY_CODE),
        (said("/introspect", 200, "[]"), &[FlatAccessToken]),
        (said("/introspect", 200, "{\"active\": \"yes\"}"), &[FlatAccessToken]),
        (said("/introspect", 200, "{\"active\": true, \"client_id\": \"our-client\"}"), &[FlatAccessToken]),
    ];
    let outages = [
        (said("/userinfo", 500, "{}"), &BY_USERINFO[..]),
        (said("/userinfo", 429, "{}"), &BY_USERINFO),
        (said("/token", 502, "<html>Bad gateway"), &BY_CODE),
        (Wrong::Slow, &BY_CODE),
        (said("/introspect", 503, ""), &[FlatAccessToken]),
    ];
    let all = wrong.iter().map(|row| (row, End::Refused)).chain(outages.iter().map(|row| (row, End::Unavailable)));
    for ((wrong, ways), expected) in all {
        ways.iter().for_each(|way| way.ends(&scene, wrong, &expected));
    }
    is_free(&scene.lab, EMAIL);

    // Without the provider's metadata and keys, no token can be checked.
    for (path, status, body) in [
        ("/keys", 500, "{}"),
        ("/keys", 200, "<html>Good morning"),
        ("/keys", 200, "[]"),
        ("/.well-known/openid-configuration", 404, ""),
        ("/.well-known/openid-configuration", 200, "{}"),
    ] {
        let scene = Scene::new(&[]);
        Token.ends(&scene, &said(path, status, body), &End::Unavailable);
        FlatIdToken.ends(&scene, &said(path, status, body), &End::Unavailable);
    }
}

/// A token that cannot be sent in a header is a mistake of the client.
#[test]
fn an_access_token_with_a_line_break_is_400() {
    let scene = Scene::new(&[]);
    let good = json!({"active": true, "client_id": "our-client", "sub": "ada"}).to_string();
    scene.op.be(Wrong::Answers("/introspect", 200, good));
    for token in ["a\nb", "a\r\nX-Admin: yes", "a\u{0}b"] {
        let reply = flat(&scene.lab, "token", &json!({"access_token": token}));
        assert_eq!(end_of_flat(&reply, "access_token"), End::Refused, "{token:.10?}");
    }
}
