//! The current session.

use axum::http::Method;
use shared::flow::Outcome;
use shared::flow::login::logout::logout;
use shared::flow::mfa::pending::with_factors;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `GET auth/session`: returns the current user. `DELETE auth/session`: logs out.
pub async fn session(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    request.input()?;
    let outcome = if request.method == Method::DELETE {
        logout(&request.app.store, caller).await?
    } else {
        Outcome::unchanged(with_factors(request.context(), caller).await?)
    };
    Ok(request.answer(&outcome))
}
