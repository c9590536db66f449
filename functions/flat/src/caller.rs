//! Identifies the caller of a request.

use shared::account::User;
use shared::flow::Refusal;
use shared::http::{ApiError, ApiRequest};
use shared::session::{Caller, Session, find_caller};

/// Returns the user and the session of the request's access token.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] without a valid token; the table is unavailable.
pub async fn user(request: &ApiRequest) -> Result<(User, Session), ApiError> {
    request.bearer().await?.ok_or_else(|| Refusal::NotAuthenticated(Caller::Anonymous).into())
}

/// Returns the caller who continues a flow with this token of an earlier response. Without a token, returns the caller
/// of the access token, or an anonymous caller if the request has none.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] if either token is invalid; the table is unavailable.
pub async fn caller(request: &ApiRequest, token: Option<&str>) -> Result<Caller, ApiError> {
    let Some(token) = token else {
        let bearer = request.bearer().await?;
        return Ok(bearer.map_or(Caller::Anonymous, |parts| Caller::User(Box::new(parts))));
    };
    match find_caller(&request.app.store, token).await? {
        Caller::Pending(session) => Ok(Caller::Pending(session)),
        _ => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
    }
}
