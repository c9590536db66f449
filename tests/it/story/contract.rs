//! The responses that many operations have in common. The description says which operations have one, and each of them is asked
//! for it here. The other stories provoke the responses that only some operations have, and `contract/rest.rs` those that no
//! story is about. So every response of the description is seen: `just contract` fails otherwise.

mod operations;
mod rest;

use crate::lab::{Lab, PASSWORD, Reply, call};
use operations::{Asker, Operation, with};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

const EMAIL: &str = "ada@example.com";

/// Every operation.
const EVERYTHING: [(&str, &str); 16] = [
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_RATE_LIMITS", "false"),
    ("HEADLESS_SERVE_SPECIFICATION", "true"),
    ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ("JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK", "true"),
    ("JWT_ALLAUTH_INVITATIONS", "true"),
    ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"),
    ("JWT_ALLAUTH_USER_PUT_ENABLED", "true"),
    ("LATCHKEY_LINKS_ASK_FIRST", "true"),
    ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
    ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
    ("MFA_RATE_LIMITS", "false"),
    ("MFA_SUPPORTED_TYPES", r#"["totp", "recovery_codes", "webauthn"]"#),
    ("MFA_TRUST_ENABLED", "true"),
    (
        "SOCIALACCOUNT_PROVIDERS",
        r#"{
            "github": {"APPS": [{"client_id": "id", "secret": "secret"}]},
            "openid_connect": {"APPS": [{
                "provider_id": "op", "client_id": "id", "secret": "secret",
                "settings": {"server_url": "http://127.0.0.1:1"}
            }]}
        }"#,
    ),
];

/// Starts a service where Ada has an account and may invite people.
fn lab(more: &[(&str, &str)]) -> Lab {
    let ada = json!({"email": EMAIL, "password": PASSWORD, "verified": true, "role": 1000});
    Lab::with_accounts(&json!([ada]), &[&EVERYTHING[..], more].concat())
}

/// Ada, logged in to every API, as an app and as a browser, with a capability for a new password and one for a first password.
fn ada(lab: &Lab) -> Asker {
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let (mut app, mut browser, mut bearer) = (lab.app(), lab.browser(), lab.bearer());
    assert_eq!(app.post("auth/login", login.clone()).status, 200);
    assert_eq!(browser.post("auth/login", login.clone()).status, 200);
    let flat = call(&lab.url, "POST", "/auth/login/", &[("content-type", "application/json")], Some(login.to_string()));
    let flat_token = flat.json["access_token"].as_str().map(str::to_owned);
    assert!(flat_token.is_some(), "{}", flat.text);
    let reply = bearer.login(EMAIL, PASSWORD);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let guest = json!({"email": "bob@example.com", "first_name": "Bob", "last_name": "B", "role": 0});
    assert_eq!(bearer.post("registration/user-register/", guest).status, 201);
    assert_eq!(bearer.post("password/reset/", json!({"email": EMAIL})).status, 200);
    let (invitation, reset) = (lab.mail("bob@example.com").link(), lab.mail(EMAIL).link());
    for link in [&invitation, &reset] {
        // Where the link asks first, the button acts. Otherwise the link does.
        let is_opened = bearer.send("POST", link, None).status == 302 || bearer.get(link).status == 302;
        assert!(is_opened, "{link}");
    }
    let mut cookies = bearer.cookies.clone();
    cookies.extend(browser.cookies.clone());
    let cookie = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let part =
        |link: &str, from_the_end: usize| link.trim_end_matches('/').rsplit('/').nth(from_the_end).unwrap().to_owned();
    let asker = Asker::with(&[
        ("authorization", &format!("Bearer {}", bearer.access.unwrap())),
        ("cookie", &cookie),
        ("x-csrftoken", &cookies["csrftoken"]),
        ("x-session-token", &app.token.unwrap()),
    ]);
    let variables = [
        ("id", "op".to_owned()),
        ("key", part(&invitation, 0)),
        ("provider", "github".to_owned()),
        ("token", part(&reset, 0)),
        ("uid", part(&reset, 1)),
    ];
    Asker { flat_token, variables: variables.into(), ..asker }
}

/// Does some work for each operation, a few at a time. Returns the operations for which it has failed, with the reason.
fn failures(operations: &[Operation], work: impl Fn(&Operation) -> Result<(), String> + Sync) -> Vec<String> {
    let queue = Mutex::new(operations.iter());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(operation) = next else { break };
                    if let Err(reason) = work(operation) {
                        failures.lock().unwrap().push(format!("{}: {reason}", operation.id));
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

/// Asserts that each operation answers a request with this status.
fn assert_all(status: u16, operations: &[Operation], ask: impl Fn(&Operation) -> Reply + Sync) {
    let failures = failures(operations, |operation| {
        let reply = ask(operation);
        if reply.status == status { Ok(()) } else { Err(format!("{} {}", reply.status, reply.text)) }
    });
    assert!(failures.is_empty(), "not {status}: {failures:#?}");
}

#[test]
fn an_unknown_kind_of_client_is_404() {
    let lab = lab(&[]);
    let mut operations = with(404, 50);
    operations.retain(Operation::is_for_both_clients);
    let unknown = Asker { kind: "unknown", ..Asker::default() };
    assert_all(404, &operations, |operation| operation.ask(&lab, &unknown));
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_408() {
    let lab = lab(&[]);
    let operations = with(408, 100);
    let address = lab.url.strip_prefix("http://").unwrap();
    // All of them wait for the same half of a minute.
    let begin = |operation: &Operation| {
        let mut connection = TcpStream::connect(address).unwrap();
        let (method, path) = (&operation.method, operation.path(&Asker::default()));
        let length = "connection: close\r\ncontent-length: 2";
        write!(connection, "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{length}\r\n\r\n{{").unwrap();
        connection
    };
    let connections = operations.iter().map(begin).collect::<Vec<_>>();
    for (operation, mut connection) in operations.iter().zip(connections) {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{}: {answer}", operation.id);
    }
}

#[test]
fn a_body_that_is_too_large_is_413() {
    let lab = lab(&[]);
    let body = " ".repeat(2_621_441);
    assert_all(413, &with(413, 100), |operation| {
        operation.ask_with(&lab, &Asker::default(), "application/json", body.clone())
    });
}

#[test]
fn a_session_token_that_is_no_good_is_410_to_an_app() {
    let lab = lab(&[]);
    let asker = Asker::with(&[("x-session-token", "bm90LWEtdG9rZW4")]);
    assert_all(410, &with(410, 50), |operation| operation.ask(&lab, &asker));
}

#[test]
fn a_browser_without_a_csrf_token_gets_403() {
    let lab = lab(&[]);
    let mut operations = with(403, 40);
    operations.retain(|operation| operation.pages.contains(&403));
    assert!(operations.len() > 35, "{}", operations.len());
    let asker = Asker { kind: "browser", ..Asker::default() };
    assert_all(403, &operations, |operation| operation.ask(&lab, &asker));
}

#[test]
fn a_page_of_another_origin_gets_403_from_the_jwt_api() {
    let lab = lab(&[]);
    let mut operations = with(403, 40);
    operations.retain(|operation| operation.api == "jwt" && operation.method != "GET");
    assert!(operations.len() > 15, "{}", operations.len());
    let asker = Asker::with(&[("origin", "https://evil.example")]);
    assert_all(403, &operations, |operation| operation.ask(&lab, &asker));
}

#[test]
fn where_authenticator_apps_are_off_the_jwt_api_says_so() {
    let lab = lab(&[("JWT_ALLAUTH_MFA_TOTP_MODE", "disabled")]);
    let ada = ada(&lab);
    let mut operations = with(403, 40);
    operations.retain(|operation| operation.path(&ada).contains("/mfa/") && operation.api == "jwt");
    assert!(operations.len() > 5, "{}", operations.len());
    assert_all(403, &operations, |operation| operation.ask(&lab, &ada));
}

#[test]
fn where_somebody_has_to_be_logged_in_anybody_else_gets_401() {
    let lab = lab(&[]);
    let mut operations = with(401, 50);
    // A signup that waits for an address or a number can change it with these two, so anybody else gets 409.
    let others = ["addEmailAddress", "changePhone"];
    operations.retain(|it| (!it.is_open || it.takes_access_token) && !others.contains(&it.id.as_str()));
    assert!(operations.len() > 50, "{}", operations.len());
    let asker = Asker::with(&[("authorization", "Bearer nonsense")]);
    assert_all(401, &operations, |operation| operation.ask(&lab, &asker));
}

#[test]
fn a_body_that_is_no_json_is_400() {
    let lab = lab(&[("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]);
    let ada = ada(&lab);
    let mut operations = with(400, 50);
    operations.retain(|operation| operation.reads() && (!operation.is_open || operation.api == "jwt"));
    assert!(operations.len() > 25, "{}", operations.len());
    assert_all(400, &operations, |operation| {
        let asker = if operation.is_open { &Asker::default() } else { &ada };
        operation.ask_with(&lab, asker, "application/json", "{".to_owned())
    });
}

#[test]
fn a_body_of_another_type_is_415() {
    let lab = lab(&[("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]);
    let ada = ada(&lab);
    assert_all(415, &with(415, 10), |operation| {
        let asker = if operation.is_open { &Asker::default() } else { &ada };
        operation.ask_with(&lab, asker, "text/plain", "{}".to_owned())
    });
}

#[test]
fn a_provider_that_nobody_knows_is_404() {
    let lab = lab(&[]);
    let mut operations = with(404, 5);
    operations.retain(|operation| ["flat", "pages"].contains(&operation.api.as_str()));
    assert!(operations.len() > 5, "{}", operations.len());
    assert_all(404, &operations, |operation| operation.ask(&lab, &Asker::default()));
}

#[test]
fn without_the_table_everything_that_needs_it_is_503() {
    let (asks, acts, fresh) = (lab(&[]), lab(&[("LATCHKEY_LINKS_ASK_FIRST", "false")]), lab(&[]));
    // Ada's credentials are read from the table. A service that has just started has no keys yet.
    let (asked, acted) = (ada(&asks), ada(&acts));
    let labs =
        [(&asks, asked.clone()), (&acts, acted), (&fresh, Asker { variables: asked.variables, ..Asker::default() })];
    for (lab, _) in &labs {
        lab.faults(json!({"throttle": {"percent": 100}}));
    }
    let failures = failures(&with(503, 100), |operation| {
        let statuses = labs.iter().map(|(lab, asker)| operation.ask(lab, asker).status);
        let mut tried = Vec::new();
        for status in statuses {
            if status == 503 {
                return Ok(());
            }
            tried.push(status);
        }
        Err(format!("{tried:?}"))
    });
    assert!(failures.is_empty(), "not 503: {failures:#?}");
}

#[test]
fn whoever_asks_too_often_gets_429() {
    let limits = [
        ("change_password", "user"),
        ("change_phone", "user"),
        ("login", "ip"),
        ("manage_email", "user"),
        ("reauthenticate", "user"),
        ("reset_password", "ip"),
        ("reset_password_from_key", "ip"),
        ("signup", "ip"),
    ];
    let limits = limits.map(|(action, by)| format!("\"{action}\": \"4/h/{by}\"")).join(", ");
    let lab = lab(&[
        ("ACCOUNT_RATE_LIMITS", &format!("{{{limits}}}")),
        ("MFA_RATE_LIMITS", r#"{"webauthn_login": "4/h/ip", "webauthn_challenge": "4/h/ip"}"#),
        // A user who has come in this way is not asked to reauthenticate.
        ("MFA_REAUTHENTICATION_REQUIRED", "false"),
    ]);
    let ada = ada(&lab);
    let failures = failures(&with(429, 30), |operation| {
        let asker = if operation.is_open { &Asker::default() } else { &ada };
        let replies = (0..5).map(|_| operation.ask(&lab, asker));
        let statuses = replies.map(|reply| reply.status).collect::<Vec<_>>();
        if statuses.contains(&429) { Ok(()) } else { Err(String::new()) }
    });
    let mut others = failures.iter().map(|failure| failure.trim_end_matches(": ")).collect::<Vec<_>>();
    others.sort_unstable();
    // These count something else, or need a login in progress. Other tests have them.
    let expected = [
        "flatArriveFromProvider",
        "flatArriveFromProviderByBody",
        "flatLogInByProviderToken",
        "jwtVerifyRecoveryCode",
        "jwtVerifyTotp",
        "logInByProviderToken",
        "resendEmailCode",
        "resendPhoneCode",
        "signUpByProvider",
    ];
    assert_eq!(others, expected);
}
