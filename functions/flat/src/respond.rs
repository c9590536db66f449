//! Responses in the words of this API.

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

/// 200 with this body.
pub fn ok(body: &impl Serialize) -> ApiResponse {
    ApiResponse::of(200, body)
}

/// Where a login has led: 200 with user and tokens, or 401 with the flow that it waits for. `token` is what the
/// request brought to go on with.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where it has led nowhere; nothing can be signed.
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

/// 200: what was asked for is done, and this is where the caller stands now. Whoever got in, or goes on in a new
/// session, is given its tokens.
///
/// # Errors
/// Nothing can be signed; the table is unavailable.
pub async fn done(request: &ApiRequest, outcome: &Outcome, token: Option<&str>) -> Result<ApiResponse, ApiError> {
    Ok(with_login(outcome, ok(&login_state(request, outcome, token).await?)))
}

/// The response, noted as that of a login if it is one.
pub fn with_login(outcome: &Outcome, response: ApiResponse) -> ApiResponse {
    match outcome.caller.user() {
        Some(user) if outcome.logged_in => response.with_login(user.id),
        _ => response,
    }
}

/// Where the caller stands.
///
/// # Errors
/// Nothing can be signed; the table is unavailable.
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

/// An error that all APIs have.
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

/// A flow's refusal in the words of this API.
fn of_refusal(refusal: Refusal) -> ApiResponse {
    match refusal {
        Refusal::Invalid(problems) => errors(400, &problems),
        Refusal::IncorrectCredentials(method) => errors(400, &[Problem::incorrect_credentials(method)]),
        Refusal::TooManyLoginAttempts => errors(400, &[Problem::too_many_login_attempts()]),
        Refusal::StageRefused(stage) => errors(400, &[Problem::stage_refused(stage)]),
        Refusal::Factor(_) => errors(400, &[Problem::incorrect_code("code")]),
        Refusal::InvalidToken => general(400, "invalid_token", "Invalid token."),
        Refusal::Conflict => general(409, "conflict", "This does not fit where you stand, or is done already."),
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

/// What is wrong, in words for people and in codes for programs, by the field where it is one's.
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

/// What a session of nobody waits for, and the token to go on with; nothing where it waits for nothing.
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
