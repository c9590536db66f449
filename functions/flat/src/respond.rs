//! Converts outcomes and errors into responses of this API.

use crate::responses::{Empty, Errors, LoggedIn, LoginState, PROVIDER_SIGNUP, Pending, RESET_BY_CODE, Tokens};
use axum::http::header;
use serde::Serialize;
use shared::account::User as Account;
use shared::envelope::User;
use shared::flow::proven_identity;
use shared::flow::{Outcome, Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::jwt::KeyError;
use shared::session::{Caller, CodeKind, Session, StageKey};
use shared::store::StoreError;
use shared::tokens::pair_for;

/// A response with status 200 and this body.
pub fn ok(body: &impl Serialize) -> ApiResponse {
    ApiResponse::of(200, body)
}

/// The response after a step of a login: 200 with user and tokens, or 401 with the step that must follow. `token` is
/// the token that the request continued with.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] if the caller is not logged in and no step follows; the tokens cannot be signed.
pub async fn login_response(
    request: &ApiRequest,
    outcome: &Outcome,
    token: Option<&str>,
) -> Result<ApiResponse, ApiError> {
    match login_state(request, outcome, token).await? {
        state @ LoginState::User(_) => Ok(with_login(outcome, ok(&state))),
        LoginState::Pending(body) => Ok(ApiResponse::of(401, &body)),
        LoginState::Anonymous(_) => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
    }
}

/// The response after another operation: 200 with the caller's state. It contains tokens if the session is new.
///
/// # Errors
/// The tokens cannot be signed; the table is unavailable.
pub async fn done(request: &ApiRequest, outcome: &Outcome, token: Option<&str>) -> Result<ApiResponse, ApiError> {
    Ok(with_login(outcome, ok(&login_state(request, outcome, token).await?)))
}

/// Marks the response as a login if the outcome is one.
pub fn with_login(outcome: &Outcome, response: ApiResponse) -> ApiResponse {
    match outcome.caller.user() {
        Some(user) if outcome.logged_in => response.with_login(user.id),
        _ => response,
    }
}

/// Returns the state of the caller.
///
/// # Errors
/// The tokens cannot be signed; the table is unavailable.
pub async fn login_state<'a>(
    request: &'a ApiRequest,
    outcome: &'a Outcome,
    token: Option<&str>,
) -> Result<LoginState<'a>, ApiError> {
    Ok(match &outcome.caller {
        Caller::User(parts) => {
            let (user, session) = &**parts;
            let tokens = if outcome.issued.is_some() { Some(tokens(request, user, session).await?) } else { None };
            LoginState::User(LoggedIn { user: User::new(&request.app.settings, user), tokens })
        }
        Caller::Pending(session) => match flow(request, session, outcome, token) {
            Some(pending) => LoginState::Pending(pending),
            None => LoginState::Anonymous(Empty {}),
        },
        Caller::Anonymous | Caller::Expired => LoginState::Anonymous(Empty {}),
    })
}

async fn tokens(request: &ApiRequest, user: &Account, session: &Session) -> Result<Tokens, ApiError> {
    let lifetime = request.app.settings.flat.token_lifetime;
    let ring = request.keyring().await?;
    let pair = pair_for(&request.app, &ring, user, session, lifetime).map_err(unsigned)?;
    Ok(Tokens { access_token: pair.access, token_type: "Bearer", expires_in: lifetime, refresh_token: pair.refresh })
}

/// Converts an error that all APIs have in common.
pub fn of_error(error: ApiError) -> ApiResponse {
    match error {
        ApiError::Response(response) => *response,
        ApiError::Refused(refusal) => of_refusal(refusal),
        ApiError::Gone => anonymous(),
        ApiError::MalformedRequest => general(400, "malformed_request", "The request is malformed."),
        ApiError::MalformedBody => general(400, "malformed_body", "The body must be a JSON object."),
        ApiError::BodyTooLarge => general(413, "body_too_large", "The body is too large."),
        ApiError::BodyTooSlow => general(408, "body_too_slow", "The body did not arrive in time."),
        ApiError::MethodNotAllowed => general(405, "method_not_allowed", "This method is not allowed."),
        ApiError::NotFound => general(404, "not_found", "There is nothing here."),
        ApiError::Csrf => general(403, "forbidden", "This is not allowed."),
    }
}

/// Converts a refusal of a flow.
fn of_refusal(refusal: Refusal) -> ApiResponse {
    match refusal {
        Refusal::Invalid(problems) => errors(400, &problems),
        Refusal::IncorrectCredentials(method) => errors(400, &[Problem::incorrect_credentials(method)]),
        Refusal::TooManyLoginAttempts => errors(400, &[Problem::too_many_login_attempts()]),
        Refusal::StageRefused(stage) => errors(400, &[Problem::stage_refused(stage)]),
        Refusal::Factor(_) => errors(400, &[Problem::incorrect_code("code")]),
        Refusal::InvalidToken => general(400, "invalid_token", "Invalid token."),
        Refusal::Conflict => general(409, "conflict", "This does not fit your current state, or it is already done."),
        Refusal::Forbidden => general(403, "forbidden", "This is not allowed."),
        Refusal::RateLimited(seconds) => {
            let reply = general(429, "rate_limited", "Too many requests. Try again later.");
            reply.with_header(header::RETRY_AFTER, &seconds.to_string())
        }
        Refusal::LockedOut(_) => general(429, "rate_limited", "Too many requests. Try again later."),
        Refusal::ReauthenticationRequired(_) => {
            let problem = Problem::general("reauthentication_required", "Log in again to do this.");
            ApiResponse::of(401, &Errors::new(&[problem]).reauthenticate())
        }
        Refusal::NotAuthenticated(_) | Refusal::Inactive | Refusal::SessionExpired => anonymous(),
        Refusal::Store(error) => {
            tracing::error!(%error, "the table is unavailable");
            general(503, "unavailable", "The service is not available. Try again later.")
        }
    }
}

fn anonymous() -> ApiResponse {
    general(401, "not_authenticated", "You are not logged in.")
}

/// The problems as messages for people and codes for programs, by field.
pub fn errors(status: u16, problems: &[Problem]) -> ApiResponse {
    ApiResponse::of(status, &Errors::new(problems))
}

/// A problem of the whole request.
fn general(status: u16, code: &'static str, message: &'static str) -> ApiResponse {
    errors(status, &[Problem::general(code, message)])
}

fn unsigned(error: KeyError) -> ApiError {
    StoreError::Malformed(error.to_string()).into()
}

/// Returns the step that a session without a user waits for, and the token to continue with. Returns `None` if it waits
/// for nothing.
fn flow<'a>(request: &ApiRequest, session: &'a Session, outcome: &Outcome, token: Option<&str>) -> Option<Pending<'a>> {
    let stage = session.pending_stage(&request.app.settings, request.app.now());
    let token = outcome.issued.as_ref().map(|token| token.text()).or_else(|| token.map(str::to_owned));
    let id = match stage {
        Some(StageKey::MfaAuthenticate) => {
            let types = session.login.as_ref().map(|login| &login.factors[..]);
            return Some(Pending::second_factor(token, types));
        }
        Some(stage) => stage.as_str(),
        None if proven_identity::pending(session).is_some() => PROVIDER_SIGNUP,
        None if session.code(CodeKind::PasswordReset).is_some() => RESET_BY_CODE,
        None => return None,
    };
    Some(Pending::other(id, token))
}
