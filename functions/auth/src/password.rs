//! Resetting a forgotten password.

use axum::http::Method;
use serde_json::json;
use shared::envelope::{Envelope, user_data};
use shared::flow::Refusal;
use shared::flow::recovery::password_reset;
use shared::http::{ApiError, ApiRequest, ApiResponse, reset_identifier};

/// `POST auth/password/request`: sends a link or a code.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let to = reset_identifier(&request.input()?, &request.app.settings.account).map_err(Refusal::Invalid)?;
    let outcome = password_reset::request(request.context(), caller, &to).await?;
    Ok(outcome.map_or_else(|| Envelope::bare(200).into(), |outcome| request.answer(&outcome)))
}

/// `GET auth/password/reset`: whose password a key resets. `POST auth/password/reset`: the new password.
pub async fn reset(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let cx = request.context();
    if request.method == Method::GET {
        password_reset::enter(cx, &caller).await?;
        let header = request.header("x-password-reset-key");
        let key = header.as_deref().map(str::trim).filter(|key| !key.is_empty());
        let user = password_reset::inspect(cx, &caller, key).await?;
        return Ok(Envelope::data(json!({"user": user_data(&cx.settings, &user)})).into());
    }
    password_reset::count(cx).await?;
    password_reset::enter(cx, &caller).await?;
    let input = request.input()?;
    let (key, password) = (input.text("key"), input.text("password"));
    let outcome = password_reset::reset(cx, caller, key.as_deref(), password).await?;
    Ok(request.answer(&outcome))
}
