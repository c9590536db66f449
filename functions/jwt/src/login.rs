//! Login with a password, and the answers that end in tokens.

use crate::fields::{Fields, Text, missing};
use crate::token;
use axum::http::HeaderValue;
use serde_json::{Map, Value as Json, json};
use shared::account::User;
use shared::flow::Refusal;
use shared::flow::jwt_api::{Entry, login as flow};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::metrics::Metric;
use shared::session::Session;

/// `POST login/`.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = Fields::read(&request)?;
    let email = fields.text("email", Text::default());
    let password = fields.text("password", Text::default());
    fields.check()?;
    let (Some(email), Some(password)) = (email, password) else { return Err(missing()) };
    let entry = flow::login(request.context(), &email, &password).await;
    entered(&request, 200, entry.map_err(|refusal| refused(&request, refusal))?, None)
}

/// Notes that a login was refused.
pub fn refused(request: &ApiRequest, refusal: Refusal) -> Refusal {
    let app = &request.app;
    app.metrics.record(app.now(), Metric::LoginRefusals(refusal.metric_reason()));
    refusal
}

/// Where somebody stands: in, with tokens, or before a challenge.
///
/// # Errors
/// The tokens could not be signed.
pub fn entered(request: &ApiRequest, status: u16, entry: Entry, detail: Option<&str>) -> Result<ApiResponse, ApiError> {
    let mut body = match entry {
        Entry::In(parts) => {
            let extra = detail.map(|detail| ("detail".to_owned(), json!(detail)));
            return tokens(request, status, &parts.0, &parts.1, extra.into_iter().collect());
        }
        Entry::SecondFactor(challenge) => json!({"mfa_required": true, "challenge_id": challenge}),
        Entry::Setup(challenge) => json!({"mfa_setup_required": true, "setup_challenge_id": challenge}),
        Entry::Verification(_) | Entry::Out => json!({}),
    };
    if let Some(detail) = detail {
        body["detail"] = json!(detail);
    }
    Ok(ApiResponse::json(status, body))
}

/// The tokens of a new session, and more.
///
/// # Errors
/// They could not be signed.
pub fn tokens(
    request: &ApiRequest,
    status: u16,
    user: &User,
    session: &Session,
    extra: Map<String, Json>,
) -> Result<ApiResponse, ApiError> {
    let response = renewed(request, status, user, session, extra)?.with_login(user.id);
    Ok(response.with_cookie(device_cookie(request, user)))
}

/// The cookie by which the browser of somebody who has just got in is known from now on.
pub fn device_cookie(request: &ApiRequest, user: &User) -> Option<HeaderValue> {
    let in_cookies = request.app.settings.jwt_api.refresh_token_as_cookie;
    if in_cookies { request.device_cookie(user.id) } else { None }
}

/// The tokens of a session, and more.
///
/// # Errors
/// They could not be signed.
pub fn renewed(
    request: &ApiRequest,
    status: u16,
    user: &User,
    session: &Session,
    extra: Map<String, Json>,
) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    let (access, refresh) = token::pair(app, user, session)?;
    let mut body = Map::from_iter([("access".to_owned(), json!(access))]);
    let in_cookie = app.settings.jwt_api.refresh_token_as_cookie;
    if !in_cookie {
        body.insert("refresh".to_owned(), json!(refresh));
    }
    body.extend(extra);
    let reply = ApiResponse::json(status, Json::Object(body));
    Ok(if in_cookie { reply.with_cookie(token::refresh_cookie(app, &refresh)) } else { reply })
}
