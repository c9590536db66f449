//! Identifies the caller by the access token of the request.

use crate::respond::{self, Code};
use crate::token::{self, Access, ApiTokenError, Kind};
use shared::account::User;
use shared::flow::jwt_api::sessions::find_live;
use shared::http::{ApiError, ApiRequest};
use shared::session::Session;

/// Returns the access token of the request, or `None` without one. An invalid token is an error.
fn read_access(request: &ApiRequest) -> Result<Option<Access>, ApiError> {
    let header = request.header("authorization").unwrap_or_default();
    let mut parts = header.split_whitespace();
    if parts.next() != Some("Bearer") {
        return Ok(None);
    }
    let (Some(token), None) = (parts.next(), parts.next()) else {
        let detail = "Authorization header must contain two space-delimited values";
        return Err(respond::coded(401, detail, Code::BadAuthorizationHeader).into());
    };
    let claims = token::read(&request.app, token, Kind::Access).map_err(|error| not_valid(&error))?;
    match Access::of(&claims) {
        Some(access) => Ok(Some(access)),
        None => {
            let detail = "Token contained no recognizable user identification";
            Err(respond::coded(401, detail, Code::TokenNotValid).into())
        }
    }
}

/// Returns the access token of the request, or `None` without one. An invalid token is an error. With the setting
/// `session_check`, the token's session must also exist.
///
/// # Errors
/// 401 for an invalid token or an ended session; the table is unavailable.
pub async fn find_access(request: &ApiRequest) -> Result<Option<Access>, ApiError> {
    let access = read_access(request)?;
    if let Some(access) = &access
        && access.session.is_some()
        && request.app.settings.jwt_api.session_check
    {
        live(request, access).await?.ok_or_else(ended)?;
    }
    Ok(access)
}

/// Returns the user and the session of the access token, if the session has not ended.
///
/// # Errors
/// The table is unavailable.
pub async fn live(request: &ApiRequest, access: &Access) -> Result<Option<(User, Session)>, ApiError> {
    match access.session.flatten() {
        Some(session) => Ok(find_live(&request.app.store, access.user, session).await?),
        None => Ok(None),
    }
}

/// Returns the user and the current session of the access token, or `None` without one. Every operation that changes
/// something calls this, so a token that outlives its session changes nothing.
///
/// # Errors
/// 401 for an invalid token or an ended session; the table is unavailable.
pub async fn find_session(request: &ApiRequest) -> Result<Option<(User, Session)>, ApiError> {
    match read_access(request)? {
        Some(access) => live(request, &access).await?.ok_or_else(ended).map(Some),
        None => Ok(None),
    }
}

/// Returns the user and the current session of the access token, which the endpoint requires.
///
/// # Errors
/// 401 without a valid token and session; the table is unavailable.
pub async fn session(request: &ApiRequest) -> Result<(User, Session), ApiError> {
    find_session(request).await?.ok_or_else(|| respond::anonymous().into())
}

/// Returns the access token, which the endpoint requires.
///
/// # Errors
/// 401 without a valid token; the table is unavailable.
pub async fn access(request: &ApiRequest) -> Result<Access, ApiError> {
    find_access(request).await?.ok_or_else(|| respond::anonymous().into())
}

/// The error for an access token whose session has ended.
pub fn ended() -> ApiError {
    respond::coded(401, "Session is no longer active.", Code::TokenNotValid).into()
}

/// The error for an invalid bearer token.
fn not_valid(error: &ApiTokenError) -> ApiError {
    respond::not_valid(&error.to_string()).into()
}
