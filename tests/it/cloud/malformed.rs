//! Events that are not valid HTTP requests, as a client can make the gateway send them.

use super::deployment::{Emulated, environment};
use super::gateway::{page_event, reply};
use super::runtime::Function;
use super::ses::Ses;
use super::table::Table;
use serde_json::{Value, json};

/// Returns events of a request for this path, each malformed in one way.
fn malformed(path: &str) -> Vec<(&'static str, Value)> {
    let with = |pointer: &str, value: Value| {
        let mut event = page_event(path);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[name] = value;
        event
    };
    let mut binary = with("/body", json!("this is not base64"));
    binary["isBase64Encoded"] = json!(true);
    vec![
        ("a quote in the query", with("/rawQueryString", json!("a=\""))),
        ("a less-than sign in the query", with("/rawQueryString", json!("a=<b"))),
        ("a space in the query", with("/rawQueryString", json!("a=b c"))),
        ("a control character in the query", with("/rawQueryString", json!("a=\u{1}"))),
        ("a line break in the query", with("/rawQueryString", json!("a=\r\nb"))),
        ("a body that is not base64", binary),
        ("two schemes", with("/headers/x-forwarded-proto", json!("https,http"))),
        ("a host with a space", with("/headers/host", json!("login.example.test evil"))),
        ("a host with a path", with("/headers/host", json!("login.example.test/a"))),
        ("a header name with a space", with("/headers/a b", json!("c"))),
        ("a header value with a line break", with("/headers/a", json!("b\r\nc: d"))),
        ("a cookie with a line break", with("/cookies", json!(["a=\n"]))),
        ("a method with a space", with("/requestContext/http/method", json!("GE T"))),
        ("an event without a method", with("/requestContext", json!({}))),
    ]
}

/// Sends all malformed events, each followed by a valid request. A function that has died would not answer the valid
/// one.
fn survives(name: &'static str, settings: &[(&str, &str)], path: &str, expected: &Value, alive: u16) {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let function = Function::start(name, &environment(&ground, settings));
    for (what, event) in malformed(path) {
        // An event that is not a gateway event has no path, so it belongs to no API.
        let expected = if event.pointer("/requestContext/http").is_some() { expected } else { &json!({"status": 400}) };
        let refused = reply(&function.invoke(&event).unwrap_or_else(|error| panic!("{name}, {what}: {error}")));
        assert_eq!((refused.status, &refused.json), (400, expected), "{name}, {what}");
        let next = reply(&function.invoke(&page_event(path)).unwrap());
        assert_eq!(next.status, alive, "{name}, after {what}: {}", next.text);
    }
    assert!(!function.log().contains("panic"), "{}", function.log());
}

#[test]
fn a_malformed_event_gets_400_in_the_format_of_its_api_and_the_function_keeps_running() {
    survives("config", &[], "/_allauth/app/v1/config", &json!({"status": 400}), 200);
    survives("auth", &[], "/_allauth/browser/v1/auth/session", &json!({"status": 400}), 401);
    let expected = json!({"detail": "Bad request."});
    survives("jwt", &[("JWT_ALLAUTH_PREFIX", "/auth")], "/auth/user/", &expected, 401);
    let message = "The request is malformed.";
    let expected = json!({"errors": {"__all__": [message]}, "error_codes": {"__all__": ["malformed_request"]}});
    survives("flat", &[("HEADLESS_FLAT_PREFIX", "/flat")], "/flat/user/", &expected, 401);
}

#[test]
fn an_authorizer_refuses_a_malformed_event_and_keeps_running() {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let function = Function::start("authorizer", &environment(&ground, &[]));
    for (what, mut event) in malformed("/orders") {
        event["type"] = json!("REQUEST");
        let answer = function.invoke(&event);
        let is_closed = matches!(&answer, Ok(answer) if answer["isAuthorized"] == false) || answer.is_err();
        assert!(is_closed, "{what}: {answer:?}");
        let mut valid = page_event("/orders");
        valid["type"] = json!("REQUEST");
        assert_eq!(function.invoke(&valid).unwrap()["isAuthorized"], false, "after {what}");
    }
    assert!(!function.log().contains("panic"), "{}", function.log());
}

#[test]
fn the_mailer_skips_malformed_records_of_the_stream() {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let mailer = Function::start("mailer", &environment(&ground, &[]));
    let key = |pk: Value| json!({"eventName": "INSERT", "dynamodb": {"Keys": {"pk": pk}, "SequenceNumber": 7}});
    let records =
        [json!(null), json!({}), json!([]), key(json!({"S": 7})), key(json!({"S": "OUTBOX#"})), key(json!("a"))];
    for record in records {
        let answer = mailer.invoke(&json!({"Records": [record]}));
        assert_eq!(answer, Ok(json!({"batchItemFailures": []})), "{record}");
    }
    assert!(!mailer.log().contains("panic"), "{}", mailer.log());
}
