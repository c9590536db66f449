//! The current session.

use axum::http::Method;
use shared::flow::Outcome;
use shared::flow::login::logout::logout;
use shared::flow::mfa::waiting::with_factors;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `GET auth/session`: who the caller is. `DELETE auth/session`: logging out.
pub async fn session(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller().await?;
    exchange.input()?;
    exchange.allow(&[Method::GET, Method::DELETE])?;
    let outcome = if exchange.method == Method::DELETE {
        logout(&exchange.app.store, caller).await?
    } else {
        Outcome::unchanged(with_factors(exchange.context(), caller).await?)
    };
    Ok(exchange.answer(&outcome))
}
