//! Login by code.

use axum::http::Method;
use shared::envelope::Envelope;
use shared::flow::Refusal;
use shared::flow::login::code as login_by_code;
use shared::http::{ApiError, ApiRequest, ApiResponse, login_code_identifier};

/// `POST auth/code/request`: sends a code.
pub async fn request(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller().await?;
    if exchange.method == Method::GET {
        return Err(ApiError::MethodNotAllowed);
    }
    let to = login_code_identifier(&exchange.input()?, &exchange.app.settings.account).map_err(Refusal::Invalid)?;
    exchange.allow(&[Method::POST])?;
    let outcome = login_by_code::request(exchange.context(), caller, to).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/code/confirm`: the code.
pub async fn confirm(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller_who_finishes().await?;
    login_by_code::expect(exchange.context(), &caller).await?;
    let input = exchange.input()?;
    exchange.allow_with(&[Method::POST], &input, &["code"])?;
    let code = input.text("code");
    let outcome = login_by_code::confirm(exchange.context(), caller, code.as_deref()).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/code/resend`: another code.
pub async fn resend(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller().await?;
    exchange.allow(&[Method::POST])?;
    login_by_code::resend(exchange.context(), &caller).await?;
    Ok(Envelope::bare(200).into())
}
