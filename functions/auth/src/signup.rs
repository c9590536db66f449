//! Signup.

use axum::http::Method;
use shared::flow::signup::sign_up::signup as sign_up;
use shared::http::{ApiError, ApiRequest, ApiResponse, signup_form};

/// `POST auth/signup`.
pub async fn signup(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller().await?;
    let input = exchange.input()?;
    exchange.allow(&[Method::POST])?;
    let form = signup_form(&exchange.app, &input, true);
    let outcome = sign_up(exchange.context(), caller, form).await?;
    Ok(exchange.answer(&outcome))
}
