//! Verification of phone numbers.

use axum::http::Method;
use shared::envelope::Envelope;
use shared::flow::addresses::phone;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `POST auth/phone/verify`: the code.
pub async fn verify(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller_who_finishes().await?;
    phone::enter(exchange.context(), &caller).await?;
    let input = exchange.input()?;
    exchange.allow_with(&[Method::POST], &input, &["code"])?;
    let outcome = phone::verify(exchange.context(), caller, input.text("code").as_deref()).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/phone/verify/resend`: another code.
pub async fn resend(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = exchange.caller().await?;
    exchange.allow(&[Method::POST])?;
    phone::resend(exchange.context(), &caller).await?;
    Ok(Envelope::bare(200).into())
}
