//! Login with a password, and the responses that contain tokens.

use crate::fields::Fields;
use crate::responses::{Detail, Empty, SessionOrChallengeResponse, SessionResponse, Tokens};
use crate::rules::{AnyText, Body, Given, body};
use crate::token;
use axum::http::HeaderValue;
use shared::account::User;
use shared::flow::Refusal;
use shared::flow::jwt_api::{LoginState, login as flow};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::metrics::Metric;
use shared::session::Session;

body! {
    /// A login.
    Login as "JwtLogin" {
        /// The email address.
        email: Given<AnyText>;
        /// The password.
        password: Given<AnyText>;
    }
}

/// `POST login/`: logs in with a password.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = Fields::read(&request)?;
    let body = Login::read(&mut fields, &request.app.settings);
    fields.check()?;
    let (email, password) = (body.email.get()?, body.password.get()?);
    let state = flow::login(request.context(), &email, &password).await;
    login_response(&request, 200, state.map_err(|refusal| record_refusal(&request, refusal))?, None)
}

/// Counts a refused login in the metrics.
pub fn record_refusal(request: &ApiRequest, refusal: Refusal) -> Refusal {
    let app = &request.app;
    app.metrics.record(app.now(), Metric::LoginRefusals(refusal.metric_reason()));
    refusal
}

/// Returns the response after a step of a login: tokens, or the challenge of the next step.
///
/// # Errors
/// The tokens cannot be signed.
pub fn login_response(
    request: &ApiRequest,
    status: u16,
    state: LoginState,
    detail: Option<&'static str>,
) -> Result<ApiResponse, ApiError> {
    let challenge = match state {
        LoginState::LoggedIn(parts) => {
            let (user, session) = *parts;
            let (tokens, cookie) = session_tokens(request, &user, &session)?;
            let body = SessionOrChallengeResponse::Session(SessionResponse { tokens, detail });
            return Ok(finish_login(request, &user, ApiResponse::of(status, &body).with_cookie(cookie)));
        }
        LoginState::SecondFactor(challenge) => SessionOrChallengeResponse::second_factor(challenge, detail),
        LoginState::Setup(challenge) => SessionOrChallengeResponse::setup(challenge, detail),
        LoginState::Verification(_) | LoginState::NotLoggedIn => {
            return Ok(match detail {
                Some(detail) => ApiResponse::of(status, &Detail { detail }),
                None => ApiResponse::of(status, &Empty {}),
            });
        }
    };
    Ok(ApiResponse::of(status, &challenge))
}

/// Marks the response as a login, and adds the cookie of the known browser.
pub fn finish_login(request: &ApiRequest, user: &User, response: ApiResponse) -> ApiResponse {
    response.with_login(user.id).with_cookie(device_cookie(request, user))
}

/// Returns the cookie that marks the browser as known to this user.
pub fn device_cookie(request: &ApiRequest, user: &User) -> Option<HeaderValue> {
    let in_cookies = request.app.settings.jwt_api.refresh_token_as_cookie;
    if in_cookies { request.device_cookie(user.id) } else { None }
}

/// Returns the tokens of a session, and the cookie for the refresh token if the settings put it there.
///
/// # Errors
/// The tokens cannot be signed.
pub fn session_tokens(
    request: &ApiRequest,
    user: &User,
    session: &Session,
) -> Result<(Tokens, Option<HeaderValue>), ApiError> {
    let app = &request.app;
    let (access, refresh) = token::pair(app, user, session)?;
    Ok(match app.settings.jwt_api.refresh_token_as_cookie {
        true => (Tokens { access, refresh: None }, token::refresh_cookie(app, &refresh)),
        false => (Tokens { access, refresh: Some(refresh) }, None),
    })
}
