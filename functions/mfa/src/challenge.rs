//! Showing a second factor: at login, and again later.

use axum::http::Method;
use shared::flow::Refusal;
use shared::flow::mfa::authenticate::{self, Proof};
use shared::flow::mfa::trust;
use shared::flow::mfa::waiting::find_waiting;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::session::StageKey;

/// `POST auth/2fa/authenticate`: a code, by somebody whose login waits for it.
pub async fn authenticate(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = exchange.context();
    let caller = exchange.caller_who_finishes().await?;
    let user = find_waiting(cx, &caller, StageKey::MfaAuthenticate).await?;
    let code = code(&exchange)?;
    let outcome = authenticate::authenticate(cx, caller, user, Proof::Code(&code)).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/2fa/reauthenticate`: a code, by somebody who is in.
pub async fn reauthenticate(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = exchange.user().await?;
    let code = code(&exchange)?;
    let outcome = authenticate::reauthenticate(exchange.context(), user, session, Proof::Code(&code)).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/2fa/trust`: whether this browser is let off the second factor from now on.
pub async fn trust(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = exchange.context();
    let caller = exchange.caller().await?;
    let user = find_waiting(cx, &caller, StageKey::MfaTrust).await?;
    if exchange.method == Method::GET {
        return Err(ApiError::MethodNotAllowed);
    }
    let mut problems = Vec::new();
    let trusts = exchange.input()?.bool_field("trust", &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems).into());
    }
    exchange.allow(super::POST)?;
    let (outcome, cookie) = trust::trust(cx, caller, user, trusts).await?;
    Ok(exchange.answer(&outcome).with_trust(cookie))
}

/// The code that a request brings.
fn code(exchange: &ApiRequest) -> Result<String, ApiError> {
    if exchange.method == Method::GET {
        return Err(ApiError::MethodNotAllowed);
    }
    let mut problems = Vec::new();
    let code = exchange.input()?.char_field("code", true, &mut problems);
    let code = code.ok_or(Refusal::Invalid(problems))?;
    exchange.allow(super::POST)?;
    Ok(code)
}
