//! Events of authorizers: HTTP APIs (payload 2.0 and 1.0) and REST APIs (`REQUEST` and `TOKEN`).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value as Json;
use shared::app::App;
use shared::settings::AuthorizerCredential;

/// What an authorizer looks at.
pub struct Event {
    /// The request's headers, its cookies among them.
    pub headers: HeaderMap,
    /// The request's method.
    pub method: Method,
    /// What a policy has to speak of; none where a simple response is wanted.
    pub policy_for: Option<String>,
    /// What the gateway calls the request.
    pub request_id: Option<String>,
}

impl Event {
    /// Reads an event; none where it is of no authorizer.
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
        // All of the stage: a gateway that keeps the policy asks it about other paths too.
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
        // Payload 2.0 has cookies apart.
        if let Some(value) = value.as_str().filter(|_| !(name.eq_ignore_ascii_case("cookie") && has_cookies(event))) {
            add(name, value);
        }
    }
    for cookie in event["cookies"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        add(header::COOKIE.as_str(), cookie);
    }
    // Of a `TOKEN` event the one value is all there is: that of the header that the gateway was told to look at.
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
