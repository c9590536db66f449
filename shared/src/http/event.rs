//! Events of API Gateway's HTTP APIs (payload format 2.0), and the responses to them.
//!
//! A client controls most of an event, so every field is checked here. An event that is not a valid HTTP request becomes
//! a request marked as [`Malformed`]. `lambda_http` panics on such events, and a panic ends a function's process.

use super::address::Peer;
use crate::iri;
use axum::body::{Body, to_bytes};
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Marks a request whose event is not a valid HTTP request. The response is 400, and no handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// The fields of an event that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    raw_path: String,
    raw_query_string: Option<String>,
    cookies: Option<Vec<String>>,
    headers: Option<BTreeMap<String, String>>,
    request_context: EventContext,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventContext {
    domain_name: Option<String>,
    http: HttpContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpContext {
    method: String,
    source_ip: Option<String>,
}

/// Converts an event to a request, with the client's address that the gateway saw ([`Peer`]). An invalid event becomes
/// a request with the extension [`Malformed`], and with the event's path if that is valid.
pub(super) fn to_request(event: &str) -> Request<Body> {
    let Ok(event) = serde_json::from_str::<Event>(event) else {
        return malformed(Uri::default(), Malformed("not an event of API Gateway's payload format 2.0"));
    };
    let path = encoded_path(&event.raw_path);
    read(event, &path).unwrap_or_else(|reason| malformed(path.parse().unwrap_or_default(), reason))
}

fn malformed(uri: Uri, reason: Malformed) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    request.extensions_mut().insert(reason);
    request
}

/// Encodes characters that are not allowed in a path. The gateway decodes some of `rawPath`.
fn encoded_path(raw: &str) -> String {
    iri::to_uri(raw).replace('?', "%3F").replace('#', "%23")
}

fn read(event: Event, path: &str) -> Result<Request<Body>, Malformed> {
    let http = event.request_context.http;
    let method = Method::from_bytes(http.method.as_bytes()).map_err(|_| Malformed("invalid method"))?;
    let uri = uri(path, event.raw_query_string.as_deref().unwrap_or_default())?;
    let mut headers = headers(event.headers.unwrap_or_default())?;
    if let Some(cookies) = event.cookies {
        let value = HeaderValue::try_from(cookies.join("; ")).map_err(|_| Malformed("invalid cookie"))?;
        headers.insert(header::COOKIE, value);
    }
    check_origin(&headers, event.request_context.domain_name.as_deref())?;
    let body = match event.body {
        Some(body) if event.is_base64_encoded == Some(true) => {
            Body::from(STANDARD.decode(body).map_err(|_| Malformed("the body is not base64"))?)
        }
        Some(body) => Body::from(body),
        None => Body::empty(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    if let Some(address) = http.source_ip.and_then(|text| text.parse().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    Ok(request)
}

fn uri(path: &str, query: &str) -> Result<Uri, Malformed> {
    // The parser drops a fragment, and it parses a path without a leading slash as a host.
    if !path.starts_with('/') || query.contains('#') {
        return Err(Malformed("invalid path or query"));
    }
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Uri::try_from(text).map_err(|_| Malformed("invalid path or query"))
}

fn headers(given: BTreeMap<String, String>) -> Result<HeaderMap, Malformed> {
    let read = |(name, value): (String, String)| {
        let name = HeaderName::try_from(name).map_err(|_| Malformed("invalid header name"))?;
        let value = HeaderValue::try_from(value).map_err(|_| Malformed("invalid header value"))?;
        Ok((name, value))
    };
    given.into_iter().map(read).collect()
}

/// Checks that scheme and host form one origin.
fn check_origin(headers: &HeaderMap, domain: Option<&str>) -> Result<(), Malformed> {
    let is_scheme = |scheme: &[u8]| !scheme.is_empty() && Scheme::try_from(scheme).is_ok();
    if headers.get("x-forwarded-proto").is_some_and(|value| !is_scheme(value.as_bytes())) {
        return Err(Malformed("invalid X-Forwarded-Proto"));
    }
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes).or(domain.map(str::as_bytes));
    match host.map(Authority::try_from) {
        Some(Err(_)) => Err(Malformed("invalid host")),
        _ => Ok(()),
    }
}

/// A response in the gateway's format.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl EventResponse {
    /// Reads a whole response. The gateway accepts one value for each header, so several lines of a header become one
    /// line with commas (RFC 9110, section 5.3). Cookies have a separate field.
    ///
    /// # Errors
    /// The body cannot be read.
    pub(super) async fn read(response: Response<Body>) -> Result<Self, axum::Error> {
        let (parts, body) = response.into_parts();
        let lines = |name: &HeaderName| {
            let lines = parts.headers.get_all(name).iter();
            lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect::<Vec<_>>()
        };
        let names = parts.headers.keys().filter(|name| *name != header::SET_COOKIE);
        let headers = names.map(|name| (name.to_string(), lines(name).join(", "))).collect();
        let cookies = lines(&header::SET_COOKIE);
        let (body, is_base64_encoded) = match String::from_utf8(to_bytes(body, usize::MAX).await?.into()) {
            Ok(text) => (text, false),
            Err(binary) => (STANDARD.encode(binary.as_bytes()), true),
        };
        Ok(Self { status_code: parts.status.as_u16(), headers, cookies, body, is_base64_encoded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn event(changes: &[(&str, Json)]) -> Json {
        let mut event = json!({
            "version": "2.0",
            "rawPath": "/a",
            "rawQueryString": "",
            "headers": {"host": "login.example", "x-forwarded-proto": "https"},
            "requestContext": {"domainName": "login.example", "http": {"method": "POST", "sourceIp": "192.0.2.7"}},
            "isBase64Encoded": false,
        });
        for (pointer, value) in changes {
            match event.pointer_mut(pointer) {
                Some(there) => *there = value.clone(),
                None => event[&pointer[1..]] = value.clone(),
            }
        }
        event
    }

    fn reason(event: &str) -> Option<&'static str> {
        to_request(event).extensions().get::<Malformed>().map(|Malformed(reason)| *reason)
    }

    #[tokio::test]
    async fn an_event_becomes_the_request_that_the_client_sent() {
        let event = event(&[
            ("/rawQueryString", json!("b=1&c=%20%22+d&next=/e?f")),
            ("/cookies", json!(["a=1", "b=J\u{fc}rgen"])),
            ("/body", json!("eyJhIjoxfQ==")),
            ("/isBase64Encoded", json!(true)),
        ]);
        let request = to_request(&event.to_string());
        assert_eq!(request.extensions().get::<Malformed>(), None);
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "/a?b=1&c=%20%22+d&next=/e?f");
        assert_eq!(request.headers()["cookie"].as_bytes(), "a=1; b=J\u{fc}rgen".as_bytes());
        assert_eq!(request.extensions().get::<Peer>().map(|peer| peer.0.to_string()).as_deref(), Some("192.0.2.7"));
        assert_eq!(to_bytes(request.into_body(), 100).await.unwrap(), r#"{"a":1}"#);
    }

    #[test]
    fn a_path_that_the_gateway_decoded_is_encoded_again() {
        for (raw, path) in [("/a b/\"<\u{e9}", "/a%20b/%22%3C%C3%A9"), ("/a%20b", "/a%20b"), ("/a?b#c", "/a%3Fb%23c")] {
            let request = to_request(&event(&[("/rawPath", json!(raw))]).to_string());
            assert_eq!((request.uri().path(), request.uri().query()), (path, None), "{raw}");
        }
    }

    #[test]
    fn null_fields_count_as_missing() {
        let nothing = ["/cookies", "/headers", "/body", "/rawQueryString", "/isBase64Encoded"];
        assert_eq!(reason(&event(&nothing.map(|pointer| (pointer, Json::Null))).to_string()), None);
    }

    #[test]
    fn every_invalid_field_is_named_and_keeps_the_path() {
        let header = |name: &str, value: &str| ("/headers", json!({ name: value }));
        let body = |body: &str| vec![("/body", json!(body)), ("/isBase64Encoded", json!(true))];
        let no_host = vec![("/headers", json!({})), ("/requestContext/domainName", json!("a b"))];
        for (changes, expected) in [
            (vec![("/requestContext/http/method", json!("GE T"))], "invalid method"),
            (vec![("/requestContext/http/method", json!(""))], "invalid method"),
            (vec![("/rawQueryString", json!("a=\u{1}"))], "invalid path or query"),
            (vec![("/rawQueryString", json!("a=\""))], "invalid path or query"),
            (vec![("/rawQueryString", json!("a=#b"))], "invalid path or query"),
            (vec![("/rawQueryString", json!("a".repeat(70_000)))], "invalid path or query"),
            (vec![header("a b", "c")], "invalid header name"),
            (vec![header("a", "b\r\nc: d")], "invalid header value"),
            (vec![("/cookies", json!(["a=\n"]))], "invalid cookie"),
            (vec![header("x-forwarded-proto", "https,http")], "invalid X-Forwarded-Proto"),
            (vec![header("x-forwarded-proto", "")], "invalid X-Forwarded-Proto"),
            (vec![header("host", "a b")], "invalid host"),
            (vec![header("host", "")], "invalid host"),
            (no_host, "invalid host"),
            (body("%"), "the body is not base64"),
            (body("e30"), "the body is not base64"),
        ] {
            let event = event(&changes).to_string();
            assert_eq!(reason(&event), Some(expected), "{event}");
            assert_eq!(to_request(&event).uri(), "/a", "{event}");
        }
    }

    #[test]
    fn another_event_is_malformed_and_does_not_cause_a_panic() {
        let rest = json!({"version": "1.0", "path": "/a", "httpMethod": "GET", "requestContext": {}, "headers": {}});
        let surrogate = event(&[("/body", json!("?"))]).to_string().replace("\"?\"", r#""\ud800""#);
        let wrong = event(&[("/headers", json!({"host": ["a"]}))]).to_string();
        for event in [rest.to_string(), surrogate, wrong, "{}".to_owned(), "[]".to_owned(), "null".to_owned()] {
            assert_eq!(reason(&event), Some("not an event of API Gateway's payload format 2.0"), "{event}");
        }
        assert_eq!(reason(&event(&[("/rawPath", json!("a.example:80"))]).to_string()), Some("invalid path or query"));
    }

    #[tokio::test]
    async fn a_response_has_one_value_for_each_header_and_separate_cookies() {
        let response = Response::builder().status(201).header("vary", "Cookie").header("vary", "Origin");
        let response = response.header("set-cookie", "a=1, b").header("set-cookie", "c=2").body("{}".into()).unwrap();
        let read = serde_json::to_value(EventResponse::read(response).await.unwrap()).unwrap();
        let expected = json!({
            "statusCode": 201,
            "headers": {"vary": "Cookie, Origin"},
            "cookies": ["a=1, b", "c=2"],
            "body": "{}",
            "isBase64Encoded": false,
        });
        assert_eq!(read, expected);
        let binary = EventResponse::read(Response::new(Body::from(vec![0xff]))).await.unwrap();
        assert_eq!((binary.body.as_str(), binary.is_base64_encoded), ("/w==", true));
    }

    /// JSON of any shape, with the names that events have.
    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            ".{0,20}".prop_map(Json::from),
        ];
        let name =
            "rawPath|rawQueryString|cookies|headers|requestContext|http|method|sourceIp|body|isBase64Encoded|host";
        leaf.prop_recursive(3, 24, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(name, inner, 0..6).prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_request_arrives_as_it_was_sent(
            method in "GET|POST|DELETE|[A-Z]{1,9}",
            path in "(/[a-zA-Z0-9_.~-]{0,9}){1,4}",
            query in "([a-z]{1,5}=[a-zA-Z0-9%._~-]{0,9}&){0,3}",
            value in "[ -~]{0,20}",
            body: Vec<u8>,
        ) {
            let event = event(&[
                ("/requestContext/http/method", json!(method)),
                ("/rawPath", json!(path)),
                ("/rawQueryString", json!(query)),
                ("/headers", json!({"x-a": value})),
                ("/body", json!(STANDARD.encode(&body))),
                ("/isBase64Encoded", json!(true)),
            ]);
            let request = to_request(&event.to_string());
            prop_assert_eq!(request.extensions().get::<Malformed>(), None);
            prop_assert_eq!(request.method().as_str(), method);
            prop_assert_eq!(request.uri().path(), path);
            prop_assert_eq!(request.uri().query().unwrap_or_default(), query);
            prop_assert_eq!(&request.headers()["x-a"], &value);
            let read = to_bytes(request.into_body(), usize::MAX).now_or_never().unwrap().unwrap();
            prop_assert_eq!(read, body);
        }

        #[test]
        fn any_event_is_a_request_and_never_a_panic(
            text in ".{0,80}",
            other in json(),
            (pointer, value) in (
                prop::sample::select(vec![
                    "/rawPath", "/rawQueryString", "/headers", "/requestContext/domainName",
                    "/requestContext/http/method", "/requestContext/http/sourceIp", "/cookies", "/body",
                ]),
                json(),
            ),
        ) {
            for event in [text, other.to_string(), event(&[(pointer, value)]).to_string()] {
                to_request(&event);
            }
        }
    }
}
