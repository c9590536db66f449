//! Events that API Gateway sends to authorizers: of HTTP APIs (payload 2.0 and 1.0) and of REST APIs (`REQUEST` and
//! `TOKEN`).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value as Json;
use shared::app::App;
use shared::settings::AuthorizerCredential;

/// The parts of an event that the authorizer reads.
pub struct Event {
    /// The request's headers, including its cookies.
    pub headers: HeaderMap,
    /// The request's method.
    pub method: Method,
    /// The ARN of the resources that the policy allows. `None` if the gateway expects a simple response.
    pub policy_for: Option<String>,
    /// The gateway's id of the request.
    pub request_id: Option<String>,
}

impl Event {
    /// Parses an authorizer event. Returns `None` for any other event.
    pub fn read(event: &Json, app: &App) -> Option<Self> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Json::as_str);
        let request_id = text("/requestContext/requestId").map(str::to_owned);
        if text("/version") == Some("2.0") && text("/type") == Some("REQUEST") {
            let method = text("/requestContext/http/method")?.parse().ok()?;
            return Some(Self { headers: headers(event, app), method, policy_for: None, request_id });
        }
        let arn = text("/methodArn").or_else(|| text("/routeArn"))?;
        // arn:aws:execute-api:region:account:api/stage/METHOD/path
        let mut parts = arn.splitn(4, '/');
        let (api, stage) = (parts.next()?, parts.next()?);
        let method = text("/httpMethod").or_else(|| parts.next())?.parse().ok()?;
        // The policy allows the whole stage, because a gateway that caches the policy also applies it to other paths.
        let policy_for = Some(format!("{api}/{stage}/*"));
        Some(Self { headers: headers(event, app), method, policy_for, request_id })
    }
}

fn headers(event: &Json, app: &App) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    };
    for (name, value) in event["headers"].as_object().into_iter().flatten() {
        // Payload 2.0 lists the cookies in a separate field.
        if let Some(value) = value.as_str().filter(|_| !(name.eq_ignore_ascii_case("cookie") && has_cookies(event))) {
            add(name, value);
        }
    }
    for cookie in event["cookies"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        add(header::COOKIE.as_str(), cookie);
    }
    // A `TOKEN` event contains only the value of the header that the gateway is configured to read.
    if let Some(token) = event["authorizationToken"].as_str() {
        let name = match app.settings.service.authorizer_credential {
            AuthorizerCredential::AccessToken => header::AUTHORIZATION.as_str(),
            AuthorizerCredential::SessionToken => "x-session-token",
            AuthorizerCredential::SessionCookie => header::COOKIE.as_str(),
        };
        add(name, token);
    }
    headers
}

fn has_cookies(event: &Json) -> bool {
    event["cookies"].is_array()
}
