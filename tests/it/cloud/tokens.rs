//! Tests of signed tokens across the functions: concurrent starts create one key, and the authorizers protect other
//! APIs.

use super::deployment::{Cloud, Emulated, client, environment};
use super::gateway::{page_event, reply};
use super::runtime::Function;
use super::server::block_on;
use super::ses::Ses;
use super::table::Table;
use super::walk::walk;
use crate::lab::{PASSWORD, at_once};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JWT: (&str, &str) = ("HEADLESS_TOKEN_STRATEGY", "jwt");
const TABLE: &str = "latchkey-test";
const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live";

#[test]
fn fifty_functions_that_start_at_once_on_an_empty_table_create_one_key() {
    let ground = Emulated { table: Table::start(TABLE), ses: Ses::start() };
    let environment = environment(&ground, &[JWT]);
    let functions = at_once(50, |_| Function::start("config", &environment));
    let kids = at_once(50, |n| {
        let keys = reply(&functions[n].invoke(&page_event("/.well-known/jwks.json")).unwrap());
        assert_eq!(keys.status, 200, "{}\n{}", keys.text, functions[n].log());
        let keys = keys.json["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    });
    let different = kids.iter().collect::<BTreeSet<_>>();
    assert!(different.len() == 1 && kids[0].len() == 1, "{different:?}");
}

/// The authorizers, and a user with every kind of credential.
struct Scene {
    cloud: Cloud<Emulated>,
    access_token: String,
    session_token: String,
    cookies: Vec<String>,
    csrf: String,
}

impl Scene {
    fn new(settings: &[(&str, &str)]) -> Self {
        let cloud = Cloud::start(settings);
        let email = "ada@example.com";
        walk(&cloud, &mut cloud.gateway.app(), email);
        let credentials = json!({"email": email, "password": PASSWORD});
        let mut app = cloud.gateway.app();
        let answer = app.post("auth/login", credentials.clone());
        let access_token = answer.json["meta"]["access_token"].as_str().unwrap_or_default().to_owned();
        let session_token = app.token.clone().unwrap();
        let mut browser = cloud.gateway.browser();
        assert_eq!(browser.post("auth/login", credentials).status, 200);
        let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let csrf = browser.cookies["csrftoken"].clone();
        Self { cloud, access_token, session_token, cookies, csrf }
    }

    fn authorizer(&self, credential: &str, settings: &[(&str, &str)]) -> Function {
        let credential = [("LATCHKEY_AUTHORIZER_CREDENTIAL", credential)];
        Function::start("authorizer", &environment(&self.cloud.ground, &[settings, &credential[..]].concat()))
    }
}

/// The authorizer event of an HTTP API, payload format 2.0.
fn simple(method: &str, headers: Value, cookies: &[String]) -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "routeArn": format!("{ARN}/{method}/orders"),
        "identitySource": ["the value that the gateway found"], "routeKey": format!("{method} /orders"),
        "rawPath": "/orders", "rawQueryString": "", "cookies": cookies, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1b2c3d4e5", "requestId": "id", "stage": "live",
            "http": {"method": method, "path": "/orders", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"},
        },
    })
}

/// The authorizer event of a REST API with a whole request.
fn request(method: &str, headers: Value) -> Value {
    json!({
        "type": "REQUEST", "methodArn": format!("{ARN}/{method}/orders"), "resource": "/orders", "path": "/orders",
        "httpMethod": method, "headers": headers, "queryStringParameters": {}, "pathParameters": {},
        "requestContext": {"path": "/orders", "accountId": "123456789012", "requestId": "id", "stage": "live"},
    })
}

/// The authorizer event of a REST API with one header.
fn token(value: &str) -> Value {
    json!({"type": "TOKEN", "methodArn": format!("{ARN}/GET/orders"), "authorizationToken": value})
}

fn assert_refused(authorizer: &Function, event: &Value) {
    match authorizer.invoke(event) {
        Ok(answer) => assert_eq!(answer, json!({"isAuthorized": false}), "{event}"),
        Err(error) => assert_eq!(error["errorMessage"], "Unauthorized", "{event}"),
    }
}

fn assert_allowed(authorizer: &Function, event: &Value, methods: &str) {
    let answer = authorizer.invoke(event).unwrap_or_else(|error| panic!("{error} {event}\n{}", authorizer.log()));
    if event["version"] == "2.0" {
        assert_eq!(answer["isAuthorized"], true, "{answer}");
    } else {
        let statement = &answer["policyDocument"]["Statement"][0];
        assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!("Allow"), &json!(format!("{ARN}/*"))));
        assert_eq!(answer["principalId"], answer["context"]["user_id"]);
    }
    let context = &answer["context"];
    assert_eq!((&context["email"], &context["methods"]), (&json!("ada@example.com"), &json!(methods)), "{context}");
    assert!(context["user_id"].is_string() && context["authenticated_at"].is_i64(), "{context}");
    assert!(context.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()));
}

#[test]
fn the_authorizer_of_access_tokens_answers_every_kind_of_api() {
    let settings = [JWT, ("HEADLESS_JWT_CLAIMS", r#"["email"]"#)];
    let scene = Scene::new(&settings);
    let authorizer = scene.authorizer("access_token", &settings);
    let bearer = format!("Bearer {}", scene.access_token);
    let requests = || scene.cloud.ground.table.faults.requests().len();
    assert_allowed(&authorizer, &simple("GET", json!({"authorization": bearer}), &[]), "password");
    let before = requests();
    assert_allowed(&authorizer, &request("POST", json!({"Authorization": bearer})), "password");
    assert_allowed(&authorizer, &token(&bearer), "password");
    for wrong in ["Bearer garbage", "Bearer", &scene.access_token, &format!("{bearer}x"), ""] {
        assert_refused(&authorizer, &simple("GET", json!({"authorization": wrong}), &[]));
        assert_refused(&authorizer, &request("GET", json!({"Authorization": wrong})));
        assert_refused(&authorizer, &token(wrong));
    }
    assert_refused(&authorizer, &simple("GET", json!({"x-session-token": scene.session_token}), &[]));
    assert_eq!(requests(), before, "once the keys are known, the authorizer does not read the table");
    assert!(authorizer.invoke(&json!({"Records": []})).is_err(), "not an event of an authorizer");
}

#[test]
fn with_stateful_validation_the_authorizer_looks_for_the_session() {
    let settings = [JWT, ("HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", "true")];
    let scene = Scene::new(&settings);
    let authorizer = scene.authorizer("access_token", &settings);
    let event = simple("GET", json!({"authorization": format!("Bearer {}", scene.access_token)}), &[]);
    assert_allowed(&authorizer, &event, "password");
    let mut app = scene.cloud.gateway.app();
    app.token = Some(scene.session_token.clone());
    assert_eq!(app.delete("auth/session").status, 401);
    assert_refused(&authorizer, &event);
}

#[test]
fn the_authorizer_of_session_tokens_answers_every_kind_of_api() {
    let scene = Scene::new(&[]);
    let authorizer = scene.authorizer("session_token", &[]);
    let good = scene.session_token.as_str();
    assert_allowed(&authorizer, &simple("DELETE", json!({"x-session-token": good}), &[]), "password");
    assert_allowed(&authorizer, &request("GET", json!({"X-Session-Token": good})), "password");
    assert_allowed(&authorizer, &token(good), "password");
    let stranger = scene.cloud.gateway.app();
    let pending = "A".repeat(43);
    for wrong in ["", "garbage", &pending, &good[1..]] {
        assert_refused(&authorizer, &simple("GET", json!({"x-session-token": wrong}), &[]));
        assert_refused(&authorizer, &token(wrong));
    }
    drop(stranger);
    assert_refused(&authorizer, &simple("GET", json!({}), &scene.cookies));

    // If the table refuses the read, the authorizer refuses the request.
    scene.cloud.ground.table.refuse(Some(""));
    assert!(authorizer.invoke(&simple("GET", json!({"x-session-token": good}), &[])).is_err());
    assert!(authorizer.invoke(&token(good)).is_err());
}

#[test]
fn the_authorizer_of_cookies_refuses_changes_from_pages_of_other_origins() {
    let scene = Scene::new(&[]);
    let authorizer = scene.authorizer("session_cookie", &[]);
    let joined = scene.cookies.join("; ");
    assert_allowed(&authorizer, &simple("GET", json!({"cookie": joined}), &scene.cookies), "password");
    assert_allowed(&authorizer, &request("GET", json!({"Cookie": joined})), "password");
    assert_allowed(&authorizer, &token(&joined), "password");
    // The cookie belongs to another application on the same domain.
    let beyond_ascii = [&["name=Jürgen".to_owned()], &scene.cookies[..]].concat();
    assert_allowed(&authorizer, &simple("GET", json!({}), &beyond_ascii), "password");
    assert_allowed(&authorizer, &request("GET", json!({"Cookie": beyond_ascii.join("; ")})), "password");
    let ours = json!({"origin": super::gateway::PUBLIC_URL, "x-csrftoken": scene.csrf});
    assert_allowed(&authorizer, &simple("POST", ours, &scene.cookies), "password");
    let foreign = json!({"origin": "https://evil.test", "x-csrftoken": scene.csrf});
    for headers in [json!({}), json!({"origin": super::gateway::PUBLIC_URL}), foreign] {
        assert_refused(&authorizer, &simple("POST", headers, &scene.cookies));
    }
    assert_refused(&authorizer, &simple("GET", json!({}), &["sessionid=garbage".to_owned()]));
}

/// CVE-2026-43911, ASVS 5.0 7.4.2: a refresh token remained valid after the user was disabled.
#[test]
fn the_tokens_of_a_disabled_user_are_refused() {
    let scene = Scene::new(&[JWT, ("HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", "true")]);
    let mut app = scene.cloud.gateway.app();
    let answer = app.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    let (meta, user) = (&answer.json["meta"], answer.json["data"]["user"]["id"].as_str().unwrap());
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let update = client(&scene.cloud.ground.table.url).update_item().table_name(TABLE);
    let update = update.key("pk", key(&format!("USER#{user}"))).key("sk", key("USER"));
    let update =
        update.update_expression("SET is_active = :no").expression_attribute_values(":no", AttributeValue::Bool(false));
    block_on(update.send()).unwrap();
    let mut stranger = scene.cloud.gateway.app();
    let refresh = json!({"refresh_token": meta["refresh_token"]});
    assert_eq!(stranger.post("tokens/refresh", refresh).status, 400);
    assert_ne!(app.get("auth/session").status, 200);
    let settings = [JWT, ("HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", "true")];
    let authorizer = scene.authorizer("access_token", &settings);
    let bearer = format!("Bearer {}", meta["access_token"].as_str().unwrap());
    assert_refused(&authorizer, &simple("GET", json!({"authorization": bearer}), &[]));
}
