//! Tests of the flat API. It has the same accounts and rules as the other APIs, and simpler requests and answers.

use super::identity_provider::{IdentityProvider, Wrong};
use crate::lab::{Lab, PASSWORD, Reply, at_once, call};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

const EMAIL: &str = "ada@example.com";
const NEW: &str = "another-Horse-43-battery";
const NO_LIMITS: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");
const BY_CODE: &[(&str, &str)] = &[
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
    NO_LIMITS,
];

/// A client of the flat API. It keeps an access token, and no cookies.
struct Flat<'a> {
    lab: &'a Lab,
    prefix: &'a str,
    access: Option<String>,
}

fn flat(lab: &Lab) -> Flat<'_> {
    Flat { lab, prefix: "/auth", access: None }
}

impl Flat<'_> {
    fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let bearer = self.access.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let path = format!("{}{path}", self.prefix);
        let reply = call(&self.lab.url, method, &path, &headers, body.map(|body| body.to_string()));
        assert_eq!(reply.header("set-cookie"), None, "{path}");
        if let Some(token) = reply.json["access_token"].as_str() {
            self.access = Some(token.to_owned());
        }
        reply
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body))
    }

    fn log_in(&mut self, password: &str) -> Reply {
        self.access = None;
        self.post("/login/", json!({"email": EMAIL, "password": password}))
    }

    /// Signs up, verifies the address by link, and logs in.
    fn enter(&mut self) {
        let reply = self.post("/signup/", json!({"email": EMAIL, "password": PASSWORD}));
        assert_eq!((reply.status, &reply.json["verification_sent"]), (200, &json!(true)), "{}", reply.text);
        let key = self.lab.mail(EMAIL).key();
        assert_eq!(self.post("/email/verify/", json!({"key": key})).status, 200);
        assert_eq!(self.log_in(PASSWORD).status, 200);
    }

    fn is_in(&mut self) -> bool {
        let reply = self.get("/user/");
        assert!([200, 401].contains(&reply.status), "{}", reply.text);
        reply.status == 200
    }
}

fn codes(reply: &Reply, field: &str) -> Value {
    reply.json["error_codes"][field].clone()
}

fn code_of(lab: &Lab, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(lab.now()).unwrap()).to_string()
}

/// Adds an authenticator app. Returns its secret.
fn add_app(client: &mut Flat<'_>) -> String {
    let reply = client.post("/mfa/totp/add/", json!({}));
    let secret = reply.json["secret"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned();
    let code = code_of(client.lab, &secret);
    let reply = client.post("/mfa/totp/confirm/", json!({"secret": secret, "code": code}));
    assert_eq!((reply.status, &reply.json["authenticator"]["type"]), (200, &json!("totp")), "{}", reply.text);
    assert_eq!(reply.json["recovery_codes"].as_array().unwrap().len(), 10);
    secret
}

#[test]
fn a_client_signs_up_verifies_logs_in_and_out() {
    let lab = Lab::start(&[]);
    let mut client = flat(&lab);
    let reply = client.post("/signup/", json!({"email": EMAIL, "password": PASSWORD, "username": "ada"}));
    assert_eq!((reply.status, &reply.json["verification_sent"]), (200, &json!(true)));
    let reply = client.log_in(PASSWORD);
    assert_eq!((reply.status, &reply.json["flow"], reply.json.get("user")), (401, &json!("verify_email"), None));
    assert_eq!((client.access.as_ref(), reply.header("www-authenticate")), (None, Some("Bearer")));

    assert_eq!(client.post("/email/verify/", json!({"key": lab.mail(EMAIL).key()})).status, 200);
    let reply = client.log_in(PASSWORD);
    assert_eq!((reply.status, &reply.json["user"]["email"]), (200, &json!(EMAIL)));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let reply = client.get("/user/");
    assert_eq!((reply.status, &reply.json["user"]["email"]), (200, &json!(EMAIL)));

    assert_eq!(client.post("/logout/", json!({})).status, 200);
    assert!(!client.is_in());
    assert_eq!(client.post("/logout/", json!({})).status, 401);
}

#[test]
fn errors_are_reported_by_field() {
    let lab = Lab::start(&[NO_LIMITS]);
    let mut client = flat(&lab);
    let reply = client.post("/login/", json!({"email": "nobody"}));
    assert_eq!((reply.status, codes(&reply, "email")), (400, json!(["invalid"])));
    assert_eq!(codes(&reply, "password"), json!(["required"]));
    assert_eq!(reply.json["errors"]["password"], json!(["This field is required."]));
    let reply = client.log_in(PASSWORD);
    assert_eq!((reply.status, codes(&reply, "password")), (400, json!(["email_password_mismatch"])));
    let reply = client.post("/signup/", json!({"email": EMAIL, "password": "password123"}));
    assert_eq!((reply.status, codes(&reply, "password")), (400, json!(["password_too_common"])));
    let reply = client.post("/email/verify/", json!({"key": "nonsense"}));
    assert_eq!((reply.status, codes(&reply, "key")), (400, json!(["invalid_or_expired_key"])));
    assert_eq!(client.post("/login/", json!("nonsense")).status, 400);
    let reply = client.get("/login/");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST, OPTIONS")));
    assert_eq!(client.get("/nowhere/").status, 404);
}

#[test]
fn only_a_valid_access_token_of_a_live_session_is_accepted() {
    let lab = Lab::start(&[NO_LIMITS]);
    let mut client = flat(&lab);
    client.enter();
    let reply = client.log_in(PASSWORD);
    assert_eq!(reply.json["expires_in"], 3600);
    let refresh = reply.json["refresh_token"].as_str().unwrap().to_owned();
    let access = client.access.clone().unwrap();
    for wrong in [refresh.as_str(), "nonsense", &access[..access.len() - 4], ""] {
        client.access = Some(wrong.to_owned());
        for (method, path) in [("GET", "/user/"), ("POST", "/logout/"), ("POST", "/mfa/totp/add/")] {
            assert_eq!(client.send(method, path, None).status, 401, "{path}");
        }
    }
    client.access = None;
    assert_eq!(client.post("/password/change/", json!({})).status, 401);

    client.access = Some(access);
    lab.advance(3590);
    assert!(client.is_in());
    lab.advance(20);
    assert!(!client.is_in());
    let reply = lab.app().post("tokens/refresh", json!({"refresh_token": refresh}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    client.access = reply.json["data"]["access_token"].as_str().map(str::to_owned);
    assert!(client.is_in());
}

#[test]
fn a_login_that_waits_for_a_second_factor_gives_no_access() {
    let lab = Lab::start(&[NO_LIMITS]);
    let mut client = flat(&lab);
    client.enter();
    let secret = add_app(&mut client);
    assert_eq!(client.post("/mfa/totp/add/", json!({})).status, 409);
    let reply = client.log_in(PASSWORD);
    assert_eq!((reply.status, &reply.json["flow"]), (401, &json!("mfa_authenticate")));
    assert_eq!((reply.json.get("user"), reply.json.get("access_token")), (None, None));
    assert_eq!(reply.json["types"], json!(["recovery_codes", "totp"]), "{}", reply.text);
    let token = reply.json["mfa_token"].as_str().unwrap().to_owned();

    client.access = Some(token.clone());
    assert!(!client.is_in(), "the token of a pending login is not an access token");
    client.access = None;
    let path = "/mfa/authenticate/";
    let reply = client.post(path, json!({"token": token, "code": "000000"}));
    assert_eq!((reply.status, codes(&reply, "code")), (400, json!(["incorrect_code"])));
    let reply = client.post(path, json!({"token": token, "code": code_of(&lab, &secret)}));
    assert_eq!(
        codes(&reply, "code"),
        json!(["incorrect_code"]),
        "the code that has set up the app cannot be used again"
    );
    lab.advance(30);
    let code = code_of(&lab, &secret);
    assert_eq!(client.post(path, json!({"token": "nonsense", "code": code})).status, 401);
    let reply = client.post(path, json!({"token": token, "code": code}));
    assert_eq!((reply.status, &reply.json["user"]["email"]), (200, &json!(EMAIL)), "{}", reply.text);
    assert!(client.is_in());
    assert_eq!(client.post(path, json!({"token": token, "code": code})).status, 401, "the token works once");
}

#[test]
fn an_authenticator_app_needs_the_issued_secret_and_a_recent_login() {
    let lab = Lab::start(&[NO_LIMITS]);
    let mut client = flat(&lab);
    client.enter();
    let reply = client.post("/mfa/totp/add/", json!({}));
    assert!(reply.json["qr_code"].as_str().unwrap().contains("<svg"));
    let secret = reply.json["secret"].as_str().unwrap().to_owned();
    let chosen = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let confirm = |client: &mut Flat<'_>, secret: &str| {
        let code = code_of(&lab, secret);
        client.post("/mfa/totp/confirm/", json!({"secret": secret, "code": code}))
    };
    assert_eq!(codes(&confirm(&mut client, chosen), "secret"), json!(["invalid"]));
    lab.advance(301);
    let reply = confirm(&mut client, &secret);
    assert_eq!((reply.status, &reply.json["flow"]), (401, &json!("reauthenticate")));
    assert_eq!(client.log_in(PASSWORD).status, 200);
    assert_eq!(confirm(&mut client, &secret).status, 400, "another session does not have this secret");
    add_app(&mut client);
}

#[test]
fn a_new_password_ends_the_sessions_of_the_old_one() {
    let lab = Lab::start(&[NO_LIMITS]);
    let (mut client, mut other) = (flat(&lab), flat(&lab));
    client.enter();
    assert_eq!(other.log_in(PASSWORD).status, 200);
    let reply = client.post("/password/change/", json!({"current_password": "wrong", "new_password": NEW}));
    assert_eq!((reply.status, codes(&reply, "current_password")), (400, json!(["enter_current_password"])));
    let old = client.access.clone();
    let reply = client.post("/password/change/", json!({"current_password": PASSWORD, "new_password": NEW}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(client.is_in() && !other.is_in());
    client.access = old;
    assert!(!client.is_in());
    assert_eq!(client.log_in(PASSWORD).status, 400);
    assert_eq!(client.log_in(NEW).status, 200);

    let ask = |email: &str| flat(&lab).post("/password/reset/", json!({"email": email}));
    let (known, unknown) = (ask(EMAIL), ask("nobody@example.com"));
    assert_eq!((known.status, &known.text), (200, &unknown.text), "the answer does not reveal who has an account");
    let key = lab.mail(EMAIL).key();
    let confirm = "/password/reset/confirm/";
    let reply = other.post(confirm, json!({"key": key, "password": "short"}));
    assert_eq!((reply.status, codes(&reply, "password")), (400, json!(["password_too_short"])));
    let reply = other.post(confirm, json!({"key": key, "password": PASSWORD}));
    assert_eq!((reply.status, reply.json.get("access_token")), (200, None), "{}", reply.text);
    assert_eq!(other.post(confirm, json!({"key": key, "password": NEW})).status, 400, "the key works once");
    assert!(!client.is_in());
    assert_eq!(client.log_in(PASSWORD).status, 200);
}

#[test]
fn a_code_works_only_with_the_token_of_its_request() {
    let lab = Lab::start(BY_CODE);
    let mut client = flat(&lab);
    let reply = client.post("/signup/", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.status, &reply.json["flow"]), (200, &json!("verify_email")));
    let (token, key) = (reply.json["flow_token"].clone(), lab.mail(EMAIL).key());
    assert_eq!(client.post("/email/verify/", json!({"key": key})).status, 409);
    let reply = client.post("/email/verify/", json!({"key": "wrong", "token": token}));
    assert_eq!((reply.status, codes(&reply, "key")), (400, json!(["incorrect_code"])));
    let reply = client.post("/email/verify/", json!({"key": key, "token": token}));
    assert_eq!((reply.status, &reply.json["user"]["email"]), (200, &json!(EMAIL)));
    assert!(client.is_in(), "the pending login is finished");

    let reply = client.post("/password/reset/", json!({"email": EMAIL}));
    let (token, key) = (reply.json["flow_token"].clone(), lab.mail(EMAIL).key());
    let reply = client.post("/password/reset/confirm/", json!({"key": key, "password": NEW, "token": token}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!client.is_in());
    assert_eq!(client.log_in(NEW).status, 200);
}

#[test]
fn a_taken_address_looks_free() {
    let lab = Lab::start(&[NO_LIMITS]);
    flat(&lab).enter();
    let sign_up = |email: &str| flat(&lab).post("/signup/", json!({"email": email, "password": NEW}));
    let (taken, free) = (sign_up(EMAIL), sign_up("bob@example.com"));
    let shape = |reply: &Reply| {
        let mut body = reply.json.clone();
        assert!(body["flow_token"].as_str().is_some_and(|token| token.len() == 43), "{}", reply.text);
        body["flow_token"] = json!("some");
        (reply.status, body)
    };
    assert_eq!(shape(&taken), shape(&free));
    assert_eq!(flat(&lab).log_in(NEW).status, 400);
}

#[test]
fn both_apis_share_the_account_and_its_sessions() {
    let lab = Lab::start(&[NO_LIMITS]);
    let mut app = lab.app();
    lab.user(&mut app, EMAIL);
    let mut client = flat(&lab);
    assert_eq!(client.log_in(PASSWORD).status, 200);
    assert_eq!(app.get("auth/sessions").json["data"].as_array().unwrap().len(), 2);
    assert_eq!(client.post("/logout/", json!({})).status, 200);
    assert!(!client.is_in());
    assert_eq!(app.get("auth/session").status, 200, "a logout ends only its own session");

    // Adding an authenticator app in the flat API ends the app's session, and the next login there needs the app.
    assert_eq!(client.log_in(PASSWORD).status, 200);
    let secret = add_app(&mut client);
    assert!(client.is_in(), "the session that added it is still valid");
    assert_eq!(app.get("auth/session").status, 401);
    let mut app = lab.app();
    let reply = app.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_authenticate"));
    lab.advance(60);
    let reply = app.post("auth/2fa/authenticate", json!({"code": code_of(&lab, &secret)}));
    assert_eq!(reply.status, 200, "{}", reply.text);

    let mut other = flat(&lab);
    let token = flat(&lab).log_in(PASSWORD).json["mfa_token"].clone();
    lab.advance(60);
    let code = code_of(&lab, &secret);
    assert_eq!(other.post("/mfa/authenticate/", json!({"token": token, "code": code})).status, 200);
    let reply = app.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!other.is_in() && !client.is_in(), "a new password ends the sessions in every API");
}

#[test]
fn the_settings_decide_the_prefix_of_the_api() {
    let lab = Lab::start(&[("HEADLESS_FLAT_PREFIX", "/api/people/"), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut client = flat(&lab);
    assert_eq!(client.log_in(PASSWORD).status, 404);
    client.prefix = "/api/people";
    let reply = client.post("/signup/", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.status, &reply.json["verification_sent"]), (200, &json!(false)));
    assert!(client.is_in());
    let off = Lab::start(&[("HEADLESS_FLAT_PREFIX", "")]);
    for path in ["/auth/login/", "/login/"] {
        assert_eq!(call(&off.url, "POST", path, &[], None).status, 404);
    }
}

/// Starts a service with a provider named `op`.
fn with_provider(more: &[(&str, &str)]) -> (IdentityProvider, Lab) {
    let op = IdentityProvider::start();
    let providers = op.settings(&json!({"oauth_pkce_enabled": true}));
    let ours = [("SOCIALACCOUNT_PROVIDERS", providers.as_str()), NO_LIMITS];
    let lab = Lab::start(&[&ours[..], more].concat());
    (op, lab)
}

fn person(email: &str) -> Value {
    json!({"sub": "7", "email": email, "email_verified": true, "name": "Ada Lovelace"})
}

#[test]
fn a_client_logs_in_with_the_code_and_state_of_a_provider() {
    let (op, lab) = with_provider(&[]);
    let mut client = flat(&lab);
    let reply = client.get("/providers/");
    assert_eq!((reply.status, &reply.json["providers"][0]["id"]), (200, &json!("op")));
    op.person(person(EMAIL));
    let leave = |page: Option<&str>| {
        let body = page.map_or_else(|| json!({}), |page| json!({"callback_url": page}));
        flat(&lab).post("/providers/op/redirect/", body)
    };
    let come_back = |reply: &Reply| {
        let (base, path) = reply.json["redirect_url"].as_str().unwrap().split_at(op.url.len());
        let reply = call(base, "GET", path, &[], None);
        let back = url::Url::parse(reply.header("location").unwrap()).unwrap();
        let query: std::collections::BTreeMap<_, _> = back.query_pairs().into_owned().collect();
        (back.path().to_owned(), json!({"code": query["code"], "state": query["state"]}))
    };
    let reply = leave(None);
    let (path, params) = come_back(&reply);
    assert_eq!((path.as_str(), &params["state"]), ("/auth/providers/op/callback/", &reply.json["state"]));

    // The headless callback does not accept the state, with or without a browser's cookies.
    let state = params["state"].as_str().unwrap();
    let code = params["code"].as_str().unwrap();
    let elsewhere = format!("/accounts/oidc/op/login/callback/?code={code}&state={state}");
    assert_eq!(lab.browser().send("GET", &elsewhere, None, &[]).status, 302);

    let callback = "/providers/op/callback/";
    let wrong = json!({"code": code, "state": "another"});
    assert_eq!(codes(&client.post(callback, wrong), "state"), json!(["invalid_state"]));
    let replies = at_once(8, |_| flat(&lab).post(callback, params.clone()));
    let (good, bad): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(
        (good.len(), &good[0].json["user"]["email"]),
        (1, &json!(EMAIL)),
        "the answer of the provider works once"
    );
    assert!(bad.iter().all(|reply| codes(reply, "state") == json!(["invalid_state"])), "{bad:?}");
    client.access = good[0].json["access_token"].as_str().map(str::to_owned);
    assert!(client.is_in());

    let (path, _) = come_back(&leave(Some("https://app.example.test/back")));
    assert_eq!(path, "/back");
    assert_eq!(leave(Some("https://evil.example/back")).status, 400);
    assert_eq!(client.post("/providers/other/redirect/", json!({})).status, 404);

    // The state is valid for ten minutes.
    let (_, late) = come_back(&leave(None));
    lab.advance(601);
    assert_eq!(codes(&client.post(callback, late), "state"), json!(["invalid_state"]));
}

#[test]
fn a_providers_access_token_is_accepted_only_if_it_was_issued_for_this_client() {
    let (op, lab) = with_provider(&[]);
    let mut client = flat(&lab);
    let path = "/providers/op/token/";
    let token = op.access_token(&person(EMAIL));
    op.be(Wrong::Client("another-client"));
    let reply = client.post(path, json!({"access_token": token}));
    assert_eq!((reply.status, codes(&reply, "access_token")), (400, json!(["invalid_token"])));
    op.be(Wrong::Userinfo);
    assert_eq!(client.post(path, json!({"access_token": token})).status, 400);
    op.be(Wrong::Nothing);
    assert_eq!(client.post(path, json!({"access_token": "nonsense"})).status, 400);
    assert_eq!(codes(&client.post(path, json!({})), "access_token"), json!(["required"]));
    let reply = client.post(path, json!({"access_token": token}));
    assert_eq!((reply.status, &reply.json["user"]["email"]), (200, &json!(EMAIL)), "{}", reply.text);
    assert!(client.is_in());
    let id = reply.json["user"]["id"].clone();
    let reply = client.post(path, json!({"id_token": op.id_token(&person(EMAIL))}));
    assert_eq!((reply.status, &reply.json["user"]["id"]), (200, &id), "{}", reply.text);
}

#[test]
fn a_provider_login_does_not_bypass_the_second_factor() {
    let (op, lab) = with_provider(&[]);
    let mut client = flat(&lab);
    let body = json!({"access_token": op.access_token(&person(EMAIL))});
    assert_eq!(client.post("/providers/op/token/", body.clone()).status, 200);
    add_app(&mut client);
    client.access = None;
    let reply = client.post("/providers/op/token/", body);
    assert_eq!((reply.status, &reply.json["flow"]), (401, &json!("mfa_authenticate")), "{}", reply.text);
    assert_eq!(reply.json.get("access_token"), None);
}
