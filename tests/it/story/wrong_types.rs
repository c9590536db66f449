//! Tests of every field of every endpoint of the headless and the flat API with every JSON value that it does not
//! accept. A value of a wrong type gets 400 or the answer to an invalid value. It never gives access, and it changes
//! nothing.
//!
//! A number counts as the text that it is printed as, as in Django's `CharField`, because clients send codes as
//! numbers. The rows say where a number would change something.

use super::identity_provider::IdentityProvider;
use crate::lab::{Client, Lab, PASSWORD, Reply, call};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const NEW: &str = "another-Horse-43-stapler";

/// How a field is read.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A text. A number can replace it.
    Text,
    /// A text that is stored. A number is stored as its text, so numbers are not tested.
    Kept,
    /// A text that can be missing.
    Optional,
    /// A text that can be missing. No number is valid.
    Words,
    /// A boolean that must be true.
    Yes,
    /// A boolean.
    Bool,
    /// Another type.
    Other,
}

use Kind::{Bool, Kept, Optional, Other, Text, Words, Yes};

/// Returns values of other types, including lists and objects that contain the correct value.
fn wrong(kind: Kind, right: &Value) -> Vec<Value> {
    let mut deep = right.clone();
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let mut all = vec![
        json!([right]),
        json!([right, right]),
        json!({"0": right}),
        json!({"value": right}),
        json!({"$ne": null}),
        json!([[right]]),
        json!([null]),
        json!([{}]),
        deep,
    ];
    let numbers = [json!(0), json!(7), json!(-1), json!(1.5), json!(1e300), json!(u64::MAX)];
    let (bools, nothing) = ([json!(true), json!(false)], [Value::Null, json!([]), json!({})]);
    if !matches!(kind, Kept) {
        all.extend(numbers);
    }
    if !matches!(kind, Yes | Bool) {
        all.extend(bools);
    }
    if !matches!(kind, Optional | Words | Bool) {
        all.extend(nothing);
    }
    if matches!(kind, Yes | Bool) {
        all.extend([json!("yes"), json!("true"), json!("false"), json!("1")]);
    }
    if kind == Yes {
        all.push(json!(false));
    }
    if kind == Other {
        all.push(json!("text"));
    }
    all
}

/// A method, an endpoint, a valid body, and the fields to replace.
type Row<'a> = (&'a str, &'a str, Value, &'a [(&'a str, Kind)]);

/// Sends the body of every row with each field replaced. `send` uses a client in the state that the endpoint needs.
fn try_all(rows: &[Row<'_>], send: &mut dyn FnMut(&str, &str, &Value) -> Reply) {
    for (method, path, body, fields) in rows {
        for (field, kind) in *fields {
            for value in wrong(*kind, &body[*field]) {
                let mut sent = body.clone();
                sent[*field] = value.clone();
                let reply = send(method, path, &sent);
                let what = format!("{method} {path} {field}={:.60}", value.to_string());
                assert!((400..500).contains(&reply.status), "{what}: {} {:.200}", reply.status, reply.text);
                assert!(reply.json.is_object(), "{what}: {}", reply.text);
            }
        }
    }
}

fn settings(providers: &str) -> Vec<(&'static str, String)> {
    let all = [
        ("ACCOUNT_RATE_LIMITS", "false"),
        ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "username", "phone", "password1*"]"#),
        ("ACCOUNT_LOGIN_METHODS", r#"["email", "username", "phone"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS", "1000"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS", "1000"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS", "1000"),
        ("ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS", "1000"),
        ("MFA_SUPPORTED_TYPES", r#"["totp", "recovery_codes", "webauthn"]"#),
        ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
        ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
        ("MFA_REAUTHENTICATION_REQUIRED", "false"),
        ("MFA_TRUST_ENABLED", "true"),
        ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ];
    let all = all.map(|(name, value)| (name, value.to_owned()));
    all.into_iter().chain([("SOCIALACCOUNT_PROVIDERS", providers.to_owned())]).collect()
}

fn start() -> (IdentityProvider, Lab, Client) {
    let op = IdentityProvider::start();
    let settings = settings(&op.settings(&json!({})));
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    let account = json!({"email": ADA, "password": PASSWORD, "verified": true});
    let lab = Lab::with_accounts(&json!([account]), &settings);
    let mut ada = lab.app();
    let reply = ada.post("auth/login", json!({"email": ADA, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    (op, lab, ada)
}

/// Returns everything in the account that a request could have changed.
fn state(client: &mut Client) -> Value {
    let parts = ["account/email", "account/phone", "account/providers", "account/authenticators", "auth/sessions"];
    let parts = parts.map(|path| client.get(path).json["data"].clone());
    let session = client.get("auth/session");
    assert_eq!(session.status, 200, "{}", session.text);
    json!([parts, session.json["data"]["user"]])
}

fn send(client: &mut Client, method: &str, path: &str, body: &Value) -> Reply {
    client.send(method, path, Some(body.to_string()), &[])
}

#[test]
fn a_value_of_a_wrong_type_gives_no_access() {
    let (op, lab, _) = start();
    let token = json!({"client_id": super::identity_provider::CLIENT, "id_token": op.id_token(&json!({"sub": "eve"}))});
    let signup = json!({"email": "eve@example.com", "username": "eve", "phone": "+31612345678", "password": NEW});
    let rows: [Row<'_>; 9] = [
        ("POST", "auth/login", json!({"email": ADA, "password": PASSWORD}), &[("email", Text), ("password", Text)]),
        ("POST", "auth/login", json!({"username": "ada", "password": PASSWORD}), &[("username", Text)]),
        ("POST", "auth/login", json!({"phone": "+31612345678", "password": PASSWORD}), &[("phone", Text)]),
        ("POST", "auth/signup", signup, &[("email", Text), ("username", Words), ("phone", Words), ("password", Text)]),
        ("POST", "auth/webauthn/signup", json!({"email": "eve@example.com"}), &[("email", Text)]),
        ("POST", "auth/code/request", json!({"email": ADA}), &[("email", Text)]),
        ("POST", "auth/password/request", json!({"email": ADA}), &[("email", Text)]),
        ("POST", "tokens/refresh", json!({"refresh_token": "a.b.c"}), &[("refresh_token", Text)]),
        (
            "POST",
            "auth/provider/token",
            json!({"provider": "op", "process": "login", "token": token}),
            &[("provider", Text), ("process", Text), ("token", Other)],
        ),
    ];
    // A number is a valid username: `7` can sign up, as in the reference.
    let is_name = |body: &Value| body["username"].is_number() && body["email"] == "eve@example.com";
    try_all(&rows, &mut |method, path, body| {
        if is_name(body) {
            let mut other = body.clone();
            other["password"] = json!("short");
            return send(&mut lab.app(), method, path, &other);
        }
        let mut client = lab.app();
        let reply = send(&mut client, method, path, body);
        assert_ne!(client.get("auth/session").status, 200, "{path} {body}");
        reply
    });
    for field in ["client_id", "id_token"] {
        for value in wrong(Text, &token[field]) {
            let mut token = token.clone();
            token[field] = value;
            let body = json!({"provider": "op", "process": "login", "token": token});
            let reply = lab.app().post("auth/provider/token", body);
            assert_eq!(
                (reply.status, reply.json["errors"][0]["param"].as_str()),
                (400, Some("token")),
                "{}",
                reply.text
            );
        }
    }
    let reply = lab.app().post("auth/login", json!({"email": "eve@example.com", "password": NEW}));
    assert_eq!(reply.status, 400, "no account was created: {}", reply.text);
    assert!(lab.mails("eve@example.com").is_empty());
}

/// Codes are compared without case and punctuation, but a list with the correct code is not a code.
#[test]
fn a_code_of_a_wrong_type_is_a_wrong_code() {
    let (_, lab, mut ada) = start();
    let before = state(&mut ada);
    let pending = |path: &str, body: Value, to: &str| {
        let mut client = lab.app();
        let reply = client.post(path, body);
        assert_eq!(reply.status, 401, "{}", reply.text);
        (client, json!(lab.mail(to).key()))
    };
    let (mut by_code, login_code) = pending("auth/code/request", json!({"email": ADA}), ADA);
    let rows: [Row<'_>; 1] = [("POST", "auth/code/confirm", json!({"code": login_code}), &[("code", Text)])];
    try_all(&rows, &mut |method, path, body| send(&mut by_code, method, path, body));
    let (mut reset, key) = pending("auth/password/request", json!({"email": ADA}), ADA);
    let body = json!({"key": key, "password": NEW});
    let rows: [Row<'_>; 1] = [("POST", "auth/password/reset", body, &[("key", Text), ("password", Text)])];
    try_all(&rows, &mut |method, path, body| send(&mut reset, method, path, body));
    let eve = "eve@example.com";
    let (mut verify, key) = pending("auth/signup", json!({"email": eve, "password": NEW}), eve);
    let rows: [Row<'_>; 2] = [
        ("POST", "auth/email/verify", json!({"key": key}), &[("key", Text)]),
        ("POST", "account/email", json!({"email": "other@example.com"}), &[("email", Text)]),
    ];
    try_all(&rows, &mut |method, path, body| send(&mut verify, method, path, body));
    for client in [&mut by_code, &mut reset, &mut verify] {
        assert_eq!(client.get("auth/session").status, 401);
    }
    assert_eq!(ada.post("account/phone", json!({"phone": "+31612345678"})).status, 202);
    let code = lab.sms("+31612345678");
    let rows: [Row<'_>; 1] = [("POST", "auth/phone/verify", json!({"code": code}), &[("code", Text)])];
    try_all(&rows, &mut |method, path, body| send(&mut ada, method, path, body));
    assert_eq!(state(&mut ada)[1], before[1]);
    assert_eq!(lab.app().post("auth/login", json!({"email": ADA, "password": PASSWORD})).status, 200);
    // The codes are still valid.
    assert_eq!(by_code.post("auth/code/confirm", json!({"code": login_code})).status, 200);
    assert_eq!(ada.post("auth/phone/verify", json!({"code": code})).status, 200);
}

#[test]
fn a_value_of_a_wrong_type_does_not_change_an_account() {
    let (op, lab, mut ada) = start();
    let secret = ada.get("account/authenticators/totp").json["meta"]["secret"].as_str().unwrap().to_owned();
    let code = crate::lab::code_of(&secret, lab.now());
    let before = state(&mut ada);
    let token = json!({"client_id": super::identity_provider::CLIENT, "id_token": op.id_token(&json!({"sub": "ada"}))});
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    let rows: [Row<'_>; 15] = [
        ("POST", "account/email", json!({"email": "b@example.com"}), &[("email", Text)]),
        ("PUT", "account/email", json!({"email": ADA}), &[("email", Text)]),
        ("PATCH", "account/email", json!({"email": ADA, "primary": true}), &[("email", Text), ("primary", Yes)]),
        ("DELETE", "account/email", json!({"email": ADA}), &[("email", Text)]),
        ("POST", "account/phone", json!({"phone": "+31612345678"}), &[("phone", Text)]),
        ("POST", "account/password/change", change, &[("current_password", Text), ("new_password", Text)]),
        ("POST", "auth/reauthenticate", json!({"password": PASSWORD}), &[("password", Text)]),
        ("POST", "auth/2fa/reauthenticate", json!({"code": "123456"}), &[("code", Text)]),
        ("DELETE", "auth/sessions", json!({"sessions": [1]}), &[("sessions", Other)]),
        ("POST", "account/authenticators/totp", json!({"code": code}), &[("code", Text)]),
        ("DELETE", "account/authenticators/webauthn", json!({"authenticators": [1]}), &[("authenticators", Other)]),
        ("PUT", "account/authenticators/webauthn", json!({"id": 1, "name": "Key"}), &[("id", Other), ("name", Kept)]),
        (
            "POST",
            "account/authenticators/webauthn",
            json!({"name": "Key", "passwordless": true, "credential": {"id": "x"}}),
            &[("name", Optional), ("passwordless", Bool), ("credential", Other)],
        ),
        (
            "DELETE",
            "account/providers",
            json!({"provider": "op", "account": "ada"}),
            &[("provider", Text), ("account", Text)],
        ),
        (
            "POST",
            "auth/provider/token",
            json!({"provider": "op", "process": "connect", "token": token}),
            &[("provider", Text), ("process", Text), ("token", Other)],
        ),
    ];
    try_all(&rows, &mut |method, path, body| send(&mut ada, method, path, body));
    assert_eq!(state(&mut ada), before);
    assert_eq!(lab.app().post("auth/login", json!({"email": ADA, "password": PASSWORD})).status, 200);
    let reply = ada.post("account/authenticators/totp", json!({"code": code.parse::<u32>().unwrap()}));
    assert!(reply.status == 200 || code.starts_with('0'), "a number is the text that it is printed as: {}", reply.text);
}

/// Django's checkbox reads the text `"no"` as true.
#[test]
fn a_value_of_a_wrong_type_does_not_make_a_browser_trusted() {
    let (_, lab, mut ada) = start();
    let secret = ada.get("account/authenticators/totp").json["meta"]["secret"].as_str().unwrap().to_owned();
    let code = || crate::lab::code_of(&secret, lab.now());
    assert_eq!(ada.post("account/authenticators/totp", json!({"code": code()})).status, 200);
    lab.advance(60);
    let mut browser = lab.browser();
    browser.post("auth/login", json!({"email": ADA, "password": PASSWORD}));
    let rows: [Row<'_>; 1] = [("POST", "auth/2fa/authenticate", json!({"code": code()}), &[("code", Text)])];
    try_all(&rows, &mut |method, path, body| {
        let mut waiting = lab.browser();
        waiting.post("auth/login", json!({"email": ADA, "password": PASSWORD}));
        send(&mut waiting, method, path, body)
    });
    let reply = browser.post("auth/2fa/authenticate", json!({"code": code()}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_trust"), "{}", reply.text);
    for value in wrong(Bool, &json!(true)).into_iter().chain([json!("no")]) {
        let reply = browser.post("auth/2fa/trust", json!({"trust": value}));
        assert_eq!((reply.status, reply.errors()), (400, vec!["trust:invalid".to_owned()]), "{value}");
    }
    assert!(!browser.cookies.keys().any(|name| name.contains("trust")), "{:?}", browser.cookies);
    assert_eq!(browser.post("auth/2fa/trust", json!({"trust": false})).status, 200);
}

#[test]
fn the_flat_api_refuses_values_of_wrong_types() {
    let (op, lab, mut ada) = start();
    let before = state(&mut ada);
    let flat = |path: &str, body: &Value, access: Option<&str>| {
        let bearer = format!("Bearer {}", access.unwrap_or_default());
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(access.map(|_| ("authorization", bearer.as_str())));
        call(&lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string()))
    };
    let (id_token, access_token) = (op.id_token(&json!({"sub": "eve"})), op.access_token(&json!({"sub": "eve"})));
    let asked = flat("/password/reset/", &json!({"email": ADA}), None);
    let reset = json!({"key": lab.mail(ADA).key(), "password": NEW, "token": asked.json["flow_token"]});
    let signup = json!({"email": "eve@example.com", "password": NEW});
    let verify = json!({"key": "ABCD-EFGH", "token": asked.json["flow_token"]});
    let rows: [Row<'_>; 11] = [
        ("POST", "/login/", json!({"email": ADA, "password": PASSWORD}), &[("email", Text), ("password", Text)]),
        ("POST", "/login/", json!({"username": "ada", "password": PASSWORD}), &[("username", Text)]),
        ("POST", "/signup/", signup, &[("email", Text), ("password", Text)]),
        ("POST", "/email/verify/", verify, &[("key", Text), ("token", Optional)]),
        ("POST", "/password/reset/", json!({"email": ADA}), &[("email", Text)]),
        ("POST", "/password/reset/confirm/", reset, &[("key", Text), ("password", Text), ("token", Text)]),
        ("POST", "/mfa/authenticate/", json!({"token": "a", "code": "123456"}), &[("token", Text), ("code", Text)]),
        ("POST", "/providers/op/redirect/", json!({"callback_url": "/back"}), &[("callback_url", Words)]),
        ("POST", "/providers/op/callback/", json!({"state": "a", "code": "b"}), &[("state", Text), ("code", Text)]),
        ("POST", "/providers/op/token/", json!({"id_token": id_token}), &[("id_token", Text), ("client_id", Words)]),
        ("POST", "/providers/op/token/", json!({"access_token": access_token}), &[("access_token", Text)]),
    ];
    try_all(&rows, &mut |_, path, body| {
        let reply = flat(path, body, None);
        assert_eq!(reply.json.get("access_token"), None, "{path} {body}");
        reply
    });
    let access = flat("/login/", &json!({"email": ADA, "password": PASSWORD}), None);
    let access = access.json["access_token"].as_str().unwrap().to_owned();
    let begun = flat("/mfa/totp/add/", &json!({}), Some(&access)).json["secret"].clone();
    let code = crate::lab::code_of(begun.as_str().unwrap(), lab.now());
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    let rows: [Row<'_>; 2] = [
        ("POST", "/password/change/", change, &[("current_password", Text), ("new_password", Text)]),
        ("POST", "/mfa/totp/confirm/", json!({"secret": begun, "code": code}), &[("secret", Text), ("code", Text)]),
    ];
    try_all(&rows, &mut |_, path, body| flat(path, body, Some(&access)));
    // The login above added a session.
    let (mut after, mut before) = (state(&mut ada), before);
    (after[0][4], before[0][4]) = (Value::Null, Value::Null);
    assert_eq!(after, before);
}

/// Users who are logged in leave the body out.
#[test]
fn an_authenticator_app_is_not_set_up_by_a_body_of_a_wrong_type() {
    let account = json!({"email": ADA, "password": PASSWORD, "verified": true});
    let lab = Lab::with_accounts(&json!([account]), &[("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")]);
    let mut ada = lab.bearer();
    assert_eq!(ada.login(ADA, PASSWORD).status, 200);
    let challenges = [json!(true), json!([]), json!({"a": 1})].map(|value| json!({"setup_challenge_id": value}));
    for body in [json!([null]), json!("text"), json!(1), json!(null)].into_iter().chain(challenges) {
        assert_eq!(ada.post("mfa/setup/", body.clone()).status, 400, "{body}");
    }
    for body in [json!({}), json!({"setup_challenge_id": null}), json!({"setup_challenge_id": ""})] {
        assert_eq!(ada.post("mfa/setup/", body.clone()).status, 200, "{body}");
    }
}
