//! Reauthentication with the password.

use axum::http::Method;
use shared::flow::Refusal;
use shared::flow::login::reauthentication;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `POST auth/reauthenticate`.
pub async fn reauthenticate(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = exchange.user().await?;
    exchange.limit("reauthenticate", &user).await?;
    if exchange.method == Method::GET {
        return Err(ApiError::MethodNotAllowed);
    }
    let mut problems = Vec::new();
    let password = exchange.input()?.raw_field("password", &mut problems);
    let password = password.ok_or(Refusal::Invalid(problems))?;
    exchange.allow(&[Method::POST])?;
    let outcome = reauthentication::by_password(exchange.context(), user, session, password).await?;
    Ok(exchange.answer(&outcome))
}
