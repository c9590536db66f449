//! Tests of the methods that endpoints declare, and of their answers to all methods.

use crate::lab::{Lab, PASSWORD, Reply, call};
use serde_json::{Map, Value, json};
use shared::http::Endpoint;
use shared::settings::{ClientKind, Settings, Source};
use std::collections::BTreeSet;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Settings that switch on every API and every kind of endpoint.
const EVERYTHING: [(&str, &str); 12] = [
    ("JWT_ALLAUTH_USER_PUT_ENABLED", "true"),
    ("HEADLESS_FLAT_PREFIX", "/flat"),
    ("HEADLESS_SERVE_SPECIFICATION", "true"),
    ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_RATE_LIMITS", "false"),
    ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
    ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
    ("MFA_SUPPORTED_TYPES", r#"["totp", "recovery_codes", "webauthn"]"#),
    ("MFA_TRUST_ENABLED", "true"),
    ("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#),
];

/// Sends a request as a client of this kind. `None` is a client of another API with an access token.
fn ask(lab: &Lab, kind: Option<ClientKind>, access: &str, method: &str, path: &str, body: &Value) -> Reply {
    let body = (!["GET", "HEAD"].contains(&method)).then(|| body.to_string());
    let authorization = format!("Bearer {access}");
    match kind {
        Some(ClientKind::Browser) => lab.browser().send(method, path, body, &[]),
        Some(ClientKind::App) => lab.app().send(method, path, body, &[]),
        None => {
            let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
            call(&lab.url, method, path, &headers, body)
        }
    }
}

fn is_declared(endpoint: &Endpoint, method: &str) -> bool {
    let method = if method == "HEAD" { "GET" } else { method };
    endpoint.methods.iter().any(|declared| declared.as_str() == method)
}

#[test]
fn every_endpoint_answers_the_methods_that_it_declares_and_405_to_all_others() {
    let lab = Lab::start(&EVERYTHING);
    lab.user(&mut lab.app(), "ada@example.com");
    let login = lab.bearer().login("ada@example.com", PASSWORD);
    let access = login.json["access"].as_str().unwrap_or_else(|| panic!("{}", login.text)).to_owned();
    let given = EVERYTHING.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let secret = ("SECRET_KEY".to_owned(), "0123456789abcdef0123456789abcdef".to_owned());
    let settings = Settings::load(&Source::new(given.into_iter().chain([secret]))).unwrap();
    let (mut declared, mut others) = (0, 0);
    let mut seen = BTreeSet::new();
    for endpoint in local::endpoints().iter().filter(|endpoint| endpoint.is_served(&settings)) {
        for (kind, pattern) in endpoint.paths_with(&settings) {
            // The JWT API's catch-all has no methods. It answers 404 to all of them.
            if endpoint.methods.is_empty() {
                assert_eq!(pattern, "/jwt-allauth/{*path}");
                continue;
            }
            let path = pattern.replace("{provider}", "dummy").replace("{*path}", "dummy/login/callback/");
            let path = path.replace(['{', '}'], "");
            let all = endpoint.body_first.iter().map(|name| ((*name).to_owned(), json!("filled in")));
            let filled = Value::Object(all.collect::<Map<_, _>>());
            for method in METHODS {
                // A declared method could end the session of the token.
                let access = if is_declared(endpoint, method) { "" } else { &access };
                let reply = ask(&lab, kind, access, method, &path, &filled);
                let what = format!("{method} {path} as {kind:?}: {} {}", reply.status, reply.text);
                if is_declared(endpoint, method) {
                    assert_ne!(reply.status, 405, "{what}");
                    declared += 1;
                    continue;
                }
                if path == "/jwt-allauth/password/reset/set-new/" {
                    assert_eq!(reply.status, 401, "the cookie is checked before the method: {what}");
                    continue;
                }
                assert_eq!(reply.status, 405, "{what}");
                let allowed = reply.header("allow").unwrap_or_else(|| panic!("no Allow: {what}")).split(", ");
                let allowed = allowed.collect::<BTreeSet<_>>();
                assert!(allowed.contains("OPTIONS"), "{what}");
                assert!(endpoint.methods.iter().all(|method| allowed.contains(method.as_str())), "{what}: {allowed:?}");
                others += 1;
            }
            let reply = ask(&lab, kind, &access, "OPTIONS", &path, &filled);
            let allowed = reply.header("allow").unwrap_or_else(|| panic!("no Allow: OPTIONS {path}")).split(", ");
            let methods = endpoint.methods.iter().map(|method| method.as_str()).chain(["OPTIONS"]);
            assert_eq!(allowed.collect::<BTreeSet<_>>(), methods.collect::<BTreeSet<_>>(), "OPTIONS {path}");
            seen.insert(path);
        }
    }
    assert!(seen.len() > 100 && declared > 100 && others > 300, "{} {declared} {others}", seen.len());
}

/// Some views of the reference validate the body before the method. These endpoints do the same.
#[test]
fn these_endpoints_check_the_body_first_and_report_missing_fields() {
    let lab = Lab::start(&EVERYTHING);
    let mut names = Vec::new();
    for endpoint in local::endpoints().iter().filter(|endpoint| !endpoint.body_first.is_empty()) {
        names.push(endpoint.path);
        for method in ["PUT", "PATCH", "DELETE"].into_iter().filter(|method| !is_declared(endpoint, method)) {
            let reply = lab.app().send(method, endpoint.path, Some("{}".to_owned()), &[]);
            let missing = reply.json["errors"].as_array().into_iter().flatten();
            let missing = missing.map(|error| error["param"].as_str().unwrap()).collect::<Vec<_>>();
            assert_eq!((reply.status, missing.as_slice()), (400, endpoint.body_first), "{method} {}", endpoint.path);
            let malformed = lab.app().send(method, endpoint.path, Some("{".to_owned()), &[]);
            assert_eq!((malformed.status, malformed.json), (400, json!({"status": 400})), "{method} {}", endpoint.path);
        }
        if !is_declared(endpoint, "GET") {
            assert_eq!(lab.app().get(endpoint.path).status, 405, "{}", endpoint.path);
        }
    }
    names.sort_unstable();
    let expected = [
        "account/password/change",
        "account/phone",
        "auth/2fa/authenticate",
        "auth/2fa/reauthenticate",
        "auth/code/confirm",
        "auth/email/verify",
        "auth/password/reset",
        "auth/phone/verify",
        "auth/reauthenticate",
        "tokens/refresh",
    ];
    assert_eq!(names, expected);
}

/// Django REST Framework checks the credential before the method.
#[test]
fn the_jwt_api_checks_the_credential_before_the_method() {
    let lab = Lab::start(&EVERYTHING);
    let headers = [("content-type", "application/json")];
    let anonymous = |method, path| call(&lab.url, method, path, &headers, Some("{}".to_owned()));
    for path in ["/jwt-allauth/user/", "/jwt-allauth/logout-all/", "/jwt-allauth/password/reset/set-new/"] {
        assert_eq!(anonymous("DELETE", path).status, 401, "{path}");
    }
    for path in ["/jwt-allauth/login/", "/jwt-allauth/refresh/", "/jwt-allauth/registration/"] {
        let reply = anonymous("DELETE", path);
        assert_eq!((reply.status, &reply.json), (405, &json!({"detail": "Method \"DELETE\" not allowed."})), "{path}");
    }
}

#[test]
fn a_stale_token_of_an_app_is_410_whatever_the_method() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    client.token = Some("bm90LWEtdG9rZW4".to_owned());
    for (method, path) in [("PUT", "config"), ("GET", "auth/login"), ("PATCH", "auth/session")] {
        assert_eq!(client.send(method, path, None, &[]).status, 410, "{method} {path}");
    }
}

#[test]
fn a_client_of_neither_kind_is_not_found() {
    let lab = Lab::start(&EVERYTHING);
    for path in ["config", "account/authenticators/totp", "account/authenticators/recovery-codes"] {
        let reply = call(&lab.url, "GET", &format!("/_allauth/tablet/v1/{path}"), &[], None);
        assert_eq!((reply.status, reply.json), (404, json!({"status": 404})), "{path}");
    }
}
