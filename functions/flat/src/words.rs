//! Responses in the words of this API.

use axum::http::header;
use serde_json::{Map, Value as Json, json};
use shared::envelope::User;
use shared::flow::proven_identity;
use shared::flow::{Outcome, Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::jwt::KeyError;
use shared::session::{Caller, CodeKind, Session, StageKey};
use shared::store::StoreError;
use shared::tokens::pair_for;

/// 200 with this body.
pub fn ok(body: Json) -> ApiResponse {
    ApiResponse::json(200, body)
}

/// Where a login has led: 200 with user and tokens, or 401 with the flow that it waits for. `token` is what the
/// request brought to go on with.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where it has led nowhere; nothing can be signed.
pub async fn entered(request: &ApiRequest, outcome: &Outcome, token: Option<&str>) -> Result<ApiResponse, ApiError> {
    match &outcome.caller {
        Caller::User(_) => done(request, outcome, token).await,
        Caller::Pending(session) => match flow(request, session, outcome, token) {
            Some(body) => Ok(ApiResponse::json(401, body)),
            None => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
        },
        Caller::Anonymous | Caller::Gone => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
    }
}

/// 200: what was asked for is done, and this is where the caller stands now. Whoever got in, or goes on in a new
/// session, is given its tokens.
///
/// # Errors
/// Nothing can be signed; the table is unavailable.
pub async fn done(request: &ApiRequest, outcome: &Outcome, token: Option<&str>) -> Result<ApiResponse, ApiError> {
    let body = match &outcome.caller {
        Caller::User(parts) => {
            let (user, session) = &**parts;
            let mut body = json!({"user": User::new(&request.app.settings, user)});
            if outcome.issued.is_some() {
                let lifetime = request.app.settings.flat.token_lifetime;
                let ring = request.keyring().await?;
                let pair = pair_for(&request.app, &ring, user, session, lifetime).map_err(unsigned)?;
                body["access_token"] = json!(pair.access);
                body["token_type"] = json!("Bearer");
                body["expires_in"] = json!(lifetime);
                body["refresh_token"] = json!(pair.refresh);
            }
            body
        }
        Caller::Pending(session) => flow(request, session, outcome, token).unwrap_or_else(|| json!({})),
        Caller::Anonymous | Caller::Gone => json!({}),
    };
    Ok(match outcome.caller.user() {
        Some(user) if outcome.logged_in => ok(body).with_login(user.id),
        _ => ok(body),
    })
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
            let reply = general(401, "reauthentication_required", "Log in again to do this.");
            reply.with_field("flow", json!("reauthenticate")).with_field("pending", json!(true))
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
    /// Django's name for what is no single field's.
    const WHOLE: &str = "__all__";
    let (mut errors, mut codes) = (Map::new(), Map::new());
    for problem in problems {
        for (map, text) in [(&mut errors, &problem.message), (&mut codes, &problem.code)] {
            let texts = map.entry(problem.param.unwrap_or(WHOLE)).or_insert_with(|| json!([]));
            if let Json::Array(texts) = texts {
                texts.push(json!(text));
            }
        }
    }
    ApiResponse::json(status, json!({"errors": errors, "error_codes": codes}))
}

/// A problem of the whole request.
fn general(status: u16, code: &'static str, message: &'static str) -> ApiResponse {
    errors(status, &[Problem::general(code, message)])
}

fn unsigned(error: KeyError) -> ApiError {
    StoreError::Malformed(error.to_string()).into()
}

/// What a session of nobody waits for, and the token to go on with; nothing where it waits for nothing.
fn flow(request: &ApiRequest, session: &Session, outcome: &Outcome, token: Option<&str>) -> Option<Json> {
    let stage = session.pending_stage(&request.app.settings, request.app.now());
    let id = match stage {
        Some(stage) => stage.as_str(),
        None if proven_identity::pending(session).is_some() => "provider_signup",
        None if session.code(CodeKind::PasswordReset).is_some() => "password_reset_by_code",
        None => return None,
    };
    let token = outcome.issued.as_ref().map(|token| token.text()).or_else(|| token.map(str::to_owned));
    let mut body = json!({"flow": id, "pending": true});
    if stage == Some(StageKey::MfaAuthenticate) {
        body["mfa_token"] = json!(token);
        body["types"] = json!(session.login.as_ref().map(|login| &login.factors));
    } else {
        body["flow_token"] = json!(token);
    }
    Some(body)
}
