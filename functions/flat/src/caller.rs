//! Who asks.

use shared::account::User;
use shared::flow::Refusal;
use shared::http::{ApiError, ApiRequest};
use shared::session::{Caller, Session, find_caller};

/// The user whose access token the request brings.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn user(request: &ApiRequest) -> Result<(User, Session), ApiError> {
    request.bearer().await?.ok_or_else(|| Refusal::NotAuthenticated(Caller::Anonymous).into())
}

/// Who goes on with what an earlier answer gave this token for. Without one, whose access token the request brings, if
/// it brings any.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where either is not good; the table is unavailable.
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
