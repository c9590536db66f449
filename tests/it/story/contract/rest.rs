//! The responses of single operations that no other story is about.

use super::{EMAIL, ada, lab};
use crate::lab::{Client, Lab, PASSWORD, Reply, at_once, call};
use crate::story::apis::{Api, Visitor, verified};
use crate::story::identities::{NEXT, PKCE, Scene, redirect};
use crate::story::identity_provider::CLIENT;
use crate::story::passkeys;
use crate::story::second_factors::{code, with_app};
use serde_json::{Value, json};

const CODES: [&str; 2] = ["account/authenticators/recovery-codes", "account/authenticators/recovery_codes"];
/// The default limits: one mail with a code in three minutes, for each address.
const LIMITS: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "{}");
const BY_CODE: (&str, &str) = ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true");
const MANDATORY: (&str, &str) = ("ACCOUNT_EMAIL_VERIFICATION", "mandatory");

/// A request to the flat API without a token.
fn flat(lab: &Lab, method: &str, path: &str, body: &Value) -> Reply {
    call(&lab.url, method, &format!("/auth/{path}"), &[("content-type", "application/json")], Some(body.to_string()))
}

/// An app that Ada is logged in with.
fn app(lab: &Lab) -> Client {
    let mut client = lab.app();
    let reply = client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    client
}

#[test]
fn what_reads_no_body_refuses_one_that_is_no_json() {
    let lab = lab(&[]);
    let mut client = app(&lab);
    for (method, path) in [
        ("GET", "config"),
        ("GET", "auth/session"),
        ("GET", "auth/sessions"),
        ("POST", CODES[0]),
        ("POST", CODES[1]),
        ("DELETE", "auth/session"),
    ] {
        let reply = client.send(method, path, Some("{".to_owned()), &[]);
        assert_eq!((reply.status, &reply.json), (400, &json!({"status": 400})), "{method} {path}");
    }
}

#[test]
fn recovery_codes_have_two_paths() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let mut client = lab.app();
    with_app(&lab, &mut client);
    for path in CODES {
        let made = client.post(path, json!({}));
        assert_eq!(made.status, 200, "{}", made.text);
        assert_eq!(client.get(path).json["data"]["unused_codes"], made.json["data"]["unused_codes"], "{path}");
    }
    let mut other = lab.app();
    lab.user(&mut other, "bob@example.com");
    for path in CODES {
        assert_eq!(other.get(path).status, 404, "{path}: he has none");
    }
}

#[test]
fn a_login_that_waits_for_trust_refuses_what_is_no_json() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false"), ("MFA_TRUST_ENABLED", "true")]);
    let mut browser = lab.browser();
    let secret = with_app(&lab, &mut browser);
    browser.delete("auth/session");
    lab.advance(30);
    browser.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    let reply = browser.post("auth/2fa/authenticate", json!({"code": code(&lab, &secret, 0)}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_trust"), "{}", reply.text);
    assert_eq!(browser.send("POST", "auth/2fa/trust", Some("{".to_owned()), &[]).status, 400);
}

#[test]
fn whoever_is_in_does_not_log_in_or_sign_up_once_more() {
    let lab = lab(&[]);
    let mut client = app(&lab);
    let new = json!({"email": "new@example.com", "password": PASSWORD});
    assert_eq!(client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status, 409);
    assert_eq!(client.post("auth/signup", new).status, 409);
    assert_eq!(client.post("auth/webauthn/signup", json!({"email": "new@example.com"})).status, 409);
}

#[test]
fn without_a_login_in_progress_there_is_nothing_to_go_on_with() {
    let lab = lab(&[("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true")]);
    let new = json!({"key": "123456", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/password/reset", new.clone()).status, 409);
    assert_eq!(lab.app().get_with("auth/password/reset", ("x-password-reset-key", "123456")).status, 409);
    assert_eq!(flat(&lab, "POST", "password/reset/confirm/", &new).status, 409);
}

#[test]
fn of_two_answers_to_one_login_the_slower_one_is_409() {
    let lab = Lab::with_accounts(&json!([verified()]), &[("ACCOUNT_RATE_LIMITS", "false")]);
    let mut ada = Visitor::new(&lab, Api::Flat);
    ada.enter(EMAIL, PASSWORD);
    let secret = ada.enroll();
    let conflicts = (1..=5).any(|step| {
        lab.advance(30);
        let reply = ada.login(EMAIL, PASSWORD);
        let answer = json!({"token": reply.json["mfa_token"], "code": code(&lab, &secret, 0)});
        lab.faults(json!({"latency_ms": 0}));
        let replies = at_once(8, |_| flat(&lab, "POST", "mfa/authenticate/", &answer).status);
        lab.faults(json!({}));
        assert_eq!(replies.iter().filter(|status| **status == 200).count(), 1, "round {step}: {replies:?}");
        replies.contains(&409)
    });
    assert!(conflicts, "the requests were never at the same place");
}

#[test]
fn a_token_that_is_no_good_is_nobodys_in_the_flat_api() {
    let lab = lab(&[]);
    let new = json!({"key": "123456", "password": PASSWORD, "token": "nonsense"});
    assert_eq!(flat(&lab, "POST", "password/reset/confirm/", &new).status, 401);
}

#[test]
fn a_bot_that_signs_up_is_nobody() {
    let lab = Lab::start(&[("ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD", "website")]);
    let bot = json!({"email": "bot@example.com", "password": PASSWORD, "website": "https://bot.example"});
    assert_eq!(flat(&lab, "POST", "signup/", &bot).status, 401);
}

#[test]
fn a_passkey_login_stops_at_an_address_that_is_not_verified() {
    let lab = passkeys::lab(&[
        ("ACCOUNT_EMAIL_VERIFICATION", "none"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "false"),
        ("MFA_ALLOW_UNVERIFIED_EMAIL", "true"),
        ("MFA_PASSKEY_SIGNUP_ENABLED", "false"),
    ]);
    let mut device = passkeys::device(1);
    passkeys::with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
    let lab = lab.restart_with(&[MANDATORY]);
    let reply = passkeys::answer(&mut lab.app(), &mut device, passkeys::LOGIN);
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_email")), "{}", reply.text);
}

#[test]
fn a_key_is_renamed() {
    let lab = passkeys::lab(&[]);
    let mut client = lab.app();
    passkeys::with_passkey(&lab, &mut client, EMAIL, &mut passkeys::device(1));
    let id = client.get("account/authenticators").json["data"][0]["id"].clone();
    let reply = client.put(passkeys::KEYS, json!({"id": id, "name": "Blue key"}));
    assert_eq!((reply.status, &reply.json["data"]["name"]), (200, &json!("Blue key")), "{}", reply.text);
}

#[test]
fn mails_with_codes_are_limited() {
    let lab = Lab::start(&[
        BY_CODE,
        LIMITS,
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(client.post("auth/email/verify/resend", json!({})).status, 429);
    let ask = |_| lab.app().post("auth/code/request", json!({"email": EMAIL})).errors();
    let answers = (0..4).map(ask).collect::<Vec<_>>();
    assert_eq!(answers[3], ["email:too_many_login_attempts"]);
}

/// A user whose address is not verified by the provider.
fn unverified(scene: &Scene) -> Value {
    scene.person("ada", EMAIL, false)
}

/// Goes to the provider for the flat API: the way back, with its query.
fn back_from_provider(scene: &Scene) -> String {
    let left = flat(&scene.lab, "POST", "providers/op/redirect/", &json!({}));
    let (base, path) = left.json["redirect_url"].as_str().unwrap().split_at(scene.op.url.len());
    let reply = call(base, "GET", path, &[], None);
    let (_, query) = reply.header("location").unwrap().split_once('?').unwrap();
    format!("providers/op/callback/?{query}")
}

#[test]
fn a_provider_s_word_leads_as_far_as_the_login_goes() {
    let scene = Scene::new(&[MANDATORY]);
    unverified(&scene);
    let waits = flat(&scene.lab, "GET", &back_from_provider(&scene), &Value::Null);
    assert_eq!((waits.status, &waits.json["flow"]), (401, &json!("verify_email")), "{}", waits.text);
    scene.person("bob", "bob@example.com", true);
    let back = back_from_provider(&scene);
    assert_eq!(flat(&scene.lab, "GET", &back, &Value::Null).status, 200);
    assert_eq!(flat(&scene.lab, "GET", &back, &Value::Null).status, 400, "it counts once");
    let Scene { lab, op } = scene;
    let scene = Scene { lab: lab.restart_with(&[("ACCOUNT_SIGNUP_OPEN", "false")]), op };
    scene.person("carl", "carl@example.com", true);
    for method in ["GET", "POST"] {
        assert_eq!(flat(&scene.lab, method, &back_from_provider(&scene), &json!({})).status, 403, "{method}");
    }
}

#[test]
fn logins_of_a_provider_wait_for_the_next_mail_with_a_code() {
    let scene = Scene::new(&[MANDATORY, BY_CODE, LIMITS]);
    let lab = &scene.lab;
    let person = unverified(&scene);
    assert_eq!(scene.token(&mut lab.app(), "login", &person).pending().as_deref(), Some("verify_email"));
    assert_eq!(scene.token(&mut lab.app(), "login", &person).status, 429);
    let token = json!({"client_id": CLIENT, "id_token": scene.op.id_token(&person)});
    assert_eq!(flat(lab, "POST", "providers/op/token/", &token).status, 429);
    for method in ["GET", "POST"] {
        assert_eq!(flat(lab, method, &back_from_provider(&scene), &json!({})).status, 429, "{method}");
    }
}

#[test]
fn a_signup_of_a_provider_waits_for_the_next_mail_with_a_code() {
    let scene = Scene::new(&[MANDATORY, BY_CODE, LIMITS, ("SOCIALACCOUNT_AUTO_SIGNUP", "false")]);
    let person = scene.person("ada", EMAIL, false);
    let bob = json!({"email": "bob@example.com", "password": PASSWORD});
    assert_eq!(scene.lab.app().post("auth/signup", bob).status, 401);
    let mut client = scene.lab.app();
    assert_eq!(scene.token(&mut client, "login", &person).pending().as_deref(), Some("provider_signup"));
    assert_eq!(client.post("auth/provider/signup", json!({"email": "bob@example.com"})).status, 429);
    let lab = scene.lab.restart_with(&[("ACCOUNT_SIGNUP_OPEN", "false")]);
    assert_eq!(client.at(&lab.url).get("auth/provider/signup").status, 403);
}

#[test]
fn a_browser_comes_back_from_a_provider_that_is_not_of_openid() {
    let lab = lab(&[("SESSION_COOKIE_SAMESITE", "Strict")]);
    let mut browser = lab.browser();
    let left = redirect(&mut browser, &[("provider", "github"), ("process", "login"), ("callback_url", NEXT)]);
    let location = url::Url::parse(left.header("location").unwrap()).unwrap();
    let (_, state) = location.query_pairs().find(|(name, _)| name == "state").unwrap();
    let path = format!("/accounts/github/login/callback/?state={state}");
    let ask = |method, path: &str| call(&lab.url, method, path, &[], None);
    let again = ask("GET", &path);
    assert!(again.status == 200 && again.text.contains("http-equiv=\"refresh\""), "{}", again.text);
    for (method, path) in [("POST", path.as_str()), ("GET", "/accounts/github/login/callback/?state=another")] {
        let reply = ask(method, path);
        assert_eq!((reply.status, reply.header("location").is_some()), (302, true), "{method} {path}");
    }
}

#[test]
fn a_provider_whose_callback_is_not_ours_is_404_by_either_method() {
    let scene = Scene::with_app(&json!({PKCE.0: PKCE.1}), &[]);
    for path in ["/accounts/other/login/callback/", "/accounts/oidc/other/login/callback/"] {
        for method in ["GET", "POST"] {
            assert_eq!(call(&scene.lab.url, method, path, &[], None).status, 404, "{method} {path}");
        }
    }
}

#[test]
fn the_page_of_a_first_password_has_two_paths() {
    let lab = lab(&[]);
    let ada = ada(&lab);
    let cookie = [("cookie", ada.headers["cookie"].as_str())];
    let path = "registration/set-password/default/";
    for path in [format!("/{path}"), format!("/jwt-allauth/{path}")] {
        let reply = call(&lab.url, "GET", &path, &cookie, None);
        assert!(reply.status == 200 && reply.text.contains("<form"), "{path}: {}", reply.text);
    }
}

#[test]
fn a_link_that_is_no_good_is_told_on_a_page_where_nobody_registers() {
    let lab = Lab::with_accounts(
        &json!([verified()]),
        &[("JWT_ALLAUTH_ADMIN_MANAGED_REGISTRATION", "true"), ("LATCHKEY_LINKS_ASK_FIRST", "true")],
    );
    let reply = Visitor::new(&lab, Api::Jwt).bearer.post("registration/verification/key/", json!({}));
    assert!(reply.status == 400 && reply.text.contains("<h1>"), "{}", reply.text);
}
