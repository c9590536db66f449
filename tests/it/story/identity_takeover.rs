//! Tests of pre-hijacking. A squatter has made an account with an address of another person, and has prepared ways to
//! return. When the address's owner logs in through a provider that has verified the address, the account becomes
//! theirs alone.

use super::identities::{EMAIL, NEXT, Scene, arrive, identities};
use crate::lab::{Client, PASSWORD, call, code_of};
use serde_json::{Value, json};

const BY_EMAIL: (&str, &str) = ("SOCIALACCOUNT_EMAIL_AUTHENTICATION", "true");
const SPARE: &str = "spare@example.com";
const PHONE: &str = "+31612345678";
const NEW: &str = "another-Horse-43-stapler";

fn scene(settings: &[(&str, &str)]) -> Scene {
    Scene::new(&[&[BY_EMAIL], settings].concat())
}

/// Signs up as the squatter, and adds an unverified second address that the squatter can read.
fn squatter(scene: &Scene) -> Client {
    let mut squatter = scene.lab.app();
    let reply = squatter.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    add_spare(&mut squatter);
    squatter
}

fn add_spare(squatter: &mut Client) {
    assert_eq!(squatter.post("account/email", json!({"email": SPARE})).status, 200);
}

/// Logs the owner in through the provider.
fn owner(scene: &Scene) -> Client {
    let mut ada = scene.lab.app();
    let reply = scene.token(&mut ada, "login", &scene.person("ada", EMAIL, true));
    assert_eq!(reply.status, 200, "{}", reply.text);
    ada
}

/// Checks that the account contains nothing of the squatter.
fn is_hers_alone(scene: &Scene, ada: &mut Client) {
    let addresses = ada.get("account/email").json["data"].clone();
    assert_eq!(addresses, json!([{"email": EMAIL, "verified": true, "primary": true}]));
    assert_eq!(identities(ada), [""; 0]);
    assert_eq!(ada.get("account/phone").json["data"], json!([]));
    assert_eq!(ada.get("account/authenticators").json["data"], json!([]));
    assert_eq!(ada.get("auth/session").json["data"]["user"]["has_usable_password"], false);
    for email in [EMAIL, SPARE] {
        for password in [PASSWORD, NEW] {
            let credentials = json!({"email": email, "password": password});
            assert_eq!(scene.lab.app().post("auth/login", credentials.clone()).status, 400);
            assert_eq!(flat(scene, "/login/", &credentials, None).0, 400);
            assert_eq!(scene.lab.bearer().login(email, password).status, 401);
        }
    }
}

fn flat(scene: &Scene, path: &str, body: &Value, access: Option<&str>) -> (u16, Value) {
    let bearer = format!("Bearer {}", access.unwrap_or_default());
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(access.map(|_| ("authorization", bearer.as_str())));
    let reply = call(&scene.lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string()));
    (reply.status, reply.json)
}

#[test]
fn no_session_login_or_ceremony_of_a_squatter_survives_the_owners_login() {
    let scene = scene(&[
        ("MFA_ALLOW_UNVERIFIED_EMAIL", "true"),
        ("MFA_REAUTHENTICATION_REQUIRED", "false"),
        ("MFA_SUPPORTED_TYPES", r#"["totp", "recovery_codes", "webauthn"]"#),
        ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ]);
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    let mut app = squatter(&scene);
    let mut setting_up = scene.lab.app();
    let reply = setting_up.post("auth/login", credentials.clone());
    let refresh = reply.json["meta"]["refresh_token"].clone();
    assert!(refresh.is_string(), "{}", reply.text);
    let mut browser = scene.lab.browser();
    assert_eq!(browser.post("auth/login", credentials.clone()).status, 200);
    let access = flat(&scene, "/login/", &credentials, None).1["access_token"].as_str().unwrap().to_owned();
    let mut bearer = scene.lab.bearer();
    assert_eq!(bearer.login(EMAIL, PASSWORD).status, 200);
    // The squatter is in the middle of connecting an identity, adding a passkey, and setting up an authenticator app.
    scene.person("eve", "eve@example.com", true);
    let back = scene.back_from(&scene.leave(&mut browser, "connect", NEXT));
    assert_eq!(browser.get("account/authenticators/webauthn?passwordless").status, 200);
    let begun = setting_up.get("account/authenticators/totp").json["meta"]["secret"].as_str().unwrap().to_owned();
    let (_, flat_begun) = flat(&scene, "/mfa/totp/add/", &json!({}), Some(&access));
    // The squatter also has a second factor, and logins that wait for it.
    let secret = app.get("account/authenticators/totp").json["meta"]["secret"].as_str().unwrap().to_owned();
    let code = code_of(&secret, scene.lab.now());
    assert_eq!(app.post("account/authenticators/totp", json!({"code": code})).status, 200);
    let mut waiting = scene.lab.app();
    assert_eq!(waiting.post("auth/login", credentials.clone()).pending().as_deref(), Some("mfa_authenticate"));
    let (_, flat_waiting) = flat(&scene, "/login/", &credentials, None);
    let challenge = scene.lab.bearer().login(EMAIL, PASSWORD).json["challenge_id"].clone();
    assert!(challenge.is_string());

    let mut ada = owner(&scene);
    scene.lab.advance(31);
    let code = |secret: &str| code_of(secret, scene.lab.now());
    for client in [&mut app, &mut setting_up, &mut browser] {
        assert_ne!(client.get("auth/session").status, 200);
    }
    assert_eq!(scene.lab.app().post("tokens/refresh", json!({"refresh_token": refresh})).status, 400);
    assert_eq!(bearer.post("refresh/", json!({})).status, 401);
    assert_ne!(arrive(&mut browser, &back), NEXT);
    let reply = setting_up.post("account/authenticators/totp", json!({"code": code(&begun)}));
    assert!([401, 410].contains(&reply.status), "{}", reply.text);
    let confirm = json!({"secret": flat_begun["secret"], "code": code(flat_begun["secret"].as_str().unwrap())});
    assert_eq!(flat(&scene, "/mfa/totp/confirm/", &confirm, Some(&access)).0, 401);
    let reply = waiting.post("auth/2fa/authenticate", json!({"code": code(&secret)}));
    assert!([401, 409, 410].contains(&reply.status), "{}", reply.text);
    assert_ne!(waiting.get("auth/session").status, 200);
    let shown = json!({"token": flat_waiting["mfa_token"], "code": code(&secret)});
    assert!([400, 401].contains(&flat(&scene, "/mfa/authenticate/", &shown, None).0));
    let shown = json!({"challenge_id": challenge, "code": code(&secret)});
    assert_eq!(scene.lab.bearer().post("mfa/verify/", shown).status, 403);
    is_hers_alone(&scene, &mut ada);
}

/// Links and codes that were mailed to the squatter's own address, before the account lost it, cannot set a password
/// afterwards.
#[test]
fn no_password_reset_of_a_squatter_survives_the_owners_login() {
    for by_code in ["false", "true"] {
        let scene = scene(&[("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", by_code)]);
        squatter(&scene);
        let mut asked = scene.lab.app();
        asked.post("auth/password/request", json!({"email": SPARE}));
        let key = scene.lab.mail(SPARE).key();
        let (_, flat_asked) = flat(&scene, "/password/reset/", &json!({"email": SPARE}), None);
        let flat_key = scene.lab.mail(SPARE).key();
        // In this session the correct code was already entered, and only the password is missing.
        let mut shown = asked.clone();
        let mut ada = owner(&scene);
        if by_code == "true" {
            assert_ne!(shown.get_with("auth/password/reset", ("x-password-reset-key", &key)).status, 200);
        }
        let reply = asked.post("auth/password/reset", json!({"key": key, "password": NEW}));
        assert_eq!(reply.status, 400, "{}", reply.text);
        let body = json!({"key": flat_key, "password": NEW, "token": flat_asked["flow_token"]});
        assert_eq!(flat(&scene, "/password/reset/confirm/", &body, None).0, 400);
        is_hers_alone(&scene, &mut ada);
    }
}

#[test]
fn an_account_with_another_verified_address_is_not_taken_over() {
    let scene = scene(&[]);
    let mut squatter = squatter(&scene);
    let key = scene.lab.mail(SPARE).key();
    assert_eq!(squatter.post("auth/email/verify", json!({"key": key})).status, 200);
    let mut ada = owner(&scene);
    let own = json!([{"email": EMAIL, "verified": true, "primary": true}]);
    assert_eq!(ada.get("account/email").json["data"], own, "the owner gets a separate account");
    assert_eq!(scene.lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status, 400);
    assert_eq!(squatter.get("auth/session").status, 200);
    let theirs = squatter.get("account/email").json["data"].clone();
    assert!(theirs.as_array().unwrap().iter().any(|it| it["email"] == SPARE && it["verified"] == true), "{theirs}");
    assert!(theirs.as_array().unwrap().iter().all(|it| it["email"] != EMAIL || it["verified"] == false), "{theirs}");
}

/// Otherwise a code for an address that the account no longer has would add the address again, verified.
#[test]
fn a_code_for_an_address_that_was_changed_since_verifies_nothing() {
    for comes in [true, false] {
        let scene = scene(&[
            ("ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
            ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
            ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", "true"),
        ]);
        let credentials = json!({"email": SPARE, "password": PASSWORD});
        let (mut first, mut second) = (scene.lab.app(), scene.lab.app());
        assert_eq!(first.post("auth/signup", credentials.clone()).pending().as_deref(), Some("verify_email"));
        assert_eq!(second.post("auth/login", credentials).pending().as_deref(), Some("verify_email"));
        let key = scene.lab.mail(SPARE).key();
        let reply = first.post("account/email", json!({"email": EMAIL}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let ada = comes.then(|| owner(&scene));
        assert_eq!(second.post("auth/email/verify", json!({"key": key})).errors(), ["key:incorrect_code"]);
        assert_ne!(second.get("auth/session").status, 200);
        if let Some(mut ada) = ada {
            assert_eq!(first.post("account/email", json!({"email": "third@example.com"})).status, 409);
            is_hers_alone(&scene, &mut ada);
        }
    }
}

#[test]
fn no_phone_of_a_squatter_survives_the_owners_login() {
    for verified in [true, false] {
        let scene = scene(&[
            ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone", "password1*"]"#),
            ("ACCOUNT_LOGIN_METHODS", r#"["email", "phone"]"#),
            ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
            ("ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE", "true"),
        ]);
        let mut squatter = scene.lab.app();
        let form = json!({"email": EMAIL, "phone": PHONE, "password": PASSWORD});
        assert_eq!(squatter.post("auth/signup", form).pending().as_deref(), Some("verify_phone"));
        let code = scene.lab.sms(PHONE);
        if verified {
            assert_eq!(squatter.post("auth/phone/verify", json!({"code": code})).status, 200);
        }
        let mut asked = scene.lab.app();
        asked.post("auth/code/request", json!({"phone": PHONE}));
        let login_code = scene.lab.sms(PHONE);
        let mut ada = owner(&scene);
        if !verified {
            assert_eq!(squatter.post("auth/phone/verify", json!({"code": code})).status, 409);
            assert_eq!(squatter.post("account/phone", json!({"phone": "+31687654321"})).status, 409);
        }
        assert_ne!(asked.post("auth/code/confirm", json!({"code": login_code})).status, 200);
        assert_ne!(asked.get("auth/session").status, 200);
        let phone = json!({"phone": PHONE, "password": PASSWORD});
        assert_eq!(scene.lab.app().post("auth/login", phone).status, 400);
        is_hers_alone(&scene, &mut ada);
    }
}

/// From the first login on, the address counts as verified, so the second login does not reset the account.
#[test]
fn the_owners_next_login_removes_nothing() {
    let scene = scene(&[]);
    squatter(&scene);
    let mut ada = owner(&scene);
    assert_eq!(ada.post("account/password/change", json!({"new_password": NEW})).status, 200);
    let reply = scene.token(&mut scene.lab.app(), "login", &scene.person("ada", EMAIL, true));
    assert_eq!(reply.json["data"]["user"]["has_usable_password"], true, "{}", reply.text);
    assert_eq!(ada.get("auth/session").status, 200);
    let reply = scene.lab.app().post("auth/login", json!({"email": EMAIL, "password": NEW}));
    assert_eq!(reply.status, 200, "{}", reply.text);
}
