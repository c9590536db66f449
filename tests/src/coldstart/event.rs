//! The first event of each function, and the environment that the function runs in.

use crate::aws::{Aws, Endpoint};
use crate::{EMPTY, Failure};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::app::App;
use shared::clock::SystemClock;
use shared::outbox::{MailKind, Message};
use shared::random::SystemRandom;
use shared::settings::{Settings, Source};
use shared::store::{Store, create_table};
use shared::tokens::keyring;
use std::path::Path;
use std::sync::Arc;

const TABLE: &str = "latchkey";
const HOST: &str = "login.example.test";

/// A function and its first event.
#[derive(Clone)]
pub struct Scene {
    /// The binary.
    pub function: &'static str,
    /// The event.
    pub event: Value,
    /// Returns whether this is the expected response.
    pub is_right: fn(&Value) -> bool,
    /// Whether the function sends requests to DynamoDB.
    pub speaks_to_aws: bool,
    /// The number of requests that the function sends to DynamoDB and SES.
    pub requests: usize,
}

/// Returns the scenes of the empty function and of all deployed functions.
pub fn events() -> Vec<Scene> {
    // A well-formed session token of a user. The function looks up its session in the table.
    let token = "A".repeat(75);
    let gone: fn(&Value) -> bool = |answer| answer["statusCode"] == 410;
    let nobody: fn(&Value) -> bool = |answer| answer["statusCode"] == 401;
    let ok: fn(&Value) -> bool = |answer| answer["statusCode"] == 200;
    let refused: fn(&Value) -> bool = |answer| *answer == json!({"isAuthorized": false});
    let no_failure: fn(&Value) -> bool = |answer| *answer == json!({"batchItemFailures": []});
    let scene = |function, event, is_right, requests| Scene {
        function,
        event,
        is_right,
        speaks_to_aws: requests > 0,
        requests,
    };
    vec![
        scene(EMPTY, request("config", None), ok, 0),
        scene("config", request("config", None), ok, 0),
        scene("auth", request("auth/session", Some(&token)), gone, 2),
        scene("account", request("auth/sessions", Some(&token)), gone, 2),
        scene("mfa", request("account/authenticators", Some(&token)), gone, 2),
        scene("provider", request("account/providers", Some(&token)), gone, 2),
        scene("jwt", request("/jwt-allauth/user/", None), nobody, 1),
        scene("flat", request("/auth/user/", None), nobody, 2),
        scene("authorizer", question(&token), refused, 2),
        scene("mailer", record(), no_failure, 4),
    ]
}

/// Returns an app's request as an event of API Gateway, in payload format 2.0.
fn request(endpoint: &str, token: Option<&str>) -> Value {
    let path = if endpoint.starts_with('/') { endpoint.to_owned() } else { format!("/_allauth/app/v1/{endpoint}") };
    let mut headers = json!({
        "accept": "application/json",
        "content-length": "0",
        "host": HOST,
        "user-agent": "Example/1.0 (iPhone; iOS 26.0)",
        "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    });
    if let Some(token) = token {
        headers["x-session-token"] = json!(token);
    }
    json!({
        "version": "2.0",
        "routeKey": format!("GET {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": HOST,
            "domainPrefix": "login",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Example/1.0 (iPhone; iOS 26.0)",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": format!("GET {path}"),
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1_773_119_783_000_i64,
        },
        "isBase64Encoded": false,
    })
}

/// Returns a request of an HTTP API to an authorizer, in payload format 2.0.
fn question(token: &str) -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/GET/orders",
        "identitySource": [token],
        "routeKey": "GET /orders",
        "rawPath": "/orders",
        "rawQueryString": "",
        "headers": {"host": HOST, "x-session-token": token},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "http": {"method": "GET", "path": "/orders", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "live",
        },
    })
}

/// Returns one record of the table's stream, for a new message.
fn record() -> Value {
    json!({"Records": [{
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_773_119_783.0,
            "Keys": {"pk": {"S": "OUTBOX#first"}, "sk": {"S": "MESSAGE"}},
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26,
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{TABLE}/stream/2026-03-10T05:16:23.000"),
    }]})
}

/// Returns the items of the table in DynamoDB's JSON: the message that the record names, and a key that signs tokens.
pub async fn items() -> Result<Vec<Value>, Failure> {
    let settings = Arc::new(Settings::load(&Source::new(settings()))?);
    let client = embedded::Embedded::memory()?.client();
    create_table(&client, TABLE).await?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let store = Store::new(client.clone(), TABLE.to_owned(), clock.clone(), random.clone());
    let app = App::new(settings, store, clock, random);
    app.store
        .create(&Message::mail(&app, MailKind::LoginCode, "ada@example.com", json!({"code": "ABCD-EFGH"}), 3600))
        .await?;
    keyring(&app).await?;
    let found = client.scan().table_name(TABLE).send().await?;
    found
        .items()
        .iter()
        .map(|item| item.iter().map(|(name, value)| Ok((name.clone(), shown(value)?))).collect())
        .collect()
}

fn shown(value: &AttributeValue) -> Result<Value, Failure> {
    match value {
        AttributeValue::S(text) => Ok(json!({"S": text})),
        AttributeValue::N(number) => Ok(json!({"N": number})),
        other => Err(format!("an item has {other:?}").into()),
    }
}

/// Returns the settings that the template gives to a function.
fn settings() -> Vec<(String, String)> {
    let urls = json!({
        "account_confirm_email": "https://app.example.test/verify-email/{key}",
        "account_reset_password": "https://app.example.test/password/reset",
        "account_signup": "https://app.example.test/signup",
    });
    let all = [
        ("LATCHKEY_AUTHORIZER_CREDENTIAL", "session_token"),
        ("LATCHKEY_TABLE", TABLE),
        ("PUBLIC_URL", "https://login.example.test"),
        ("SECRET_KEY", "not-a-secret-but-long-enough-to-be-one"),
        ("DEFAULT_FROM_EMAIL", "hello@login.example.test"),
        ("HEADLESS_FRONTEND_URLS", &urls.to_string()),
    ];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// Returns these settings and the variables that Lambda sets. Over TLS, the function trusts the bundle's authority
/// instead of Amazon's.
pub fn environment(aws: &Aws, endpoint: Endpoint, bundle: &Path) -> Vec<(String, String)> {
    let url = aws.url(endpoint);
    let lambda = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &url),
        ("AWS_ENDPOINT_URL_SESV2", &url),
    ];
    let mut all = settings();
    all.extend(lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if endpoint == Endpoint::Tls {
        all.push(("LATCHKEY_TLS_ROOTS".to_owned(), "platform".to_owned()));
        all.push(("SSL_CERT_FILE".to_owned(), bundle.display().to_string()));
    }
    all
}
