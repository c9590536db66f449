//! Reset of a forgotten password.

use axum::http::Method;
use shared::envelope::{Bare, PasswordResetInfo, User};
use shared::flow::Refusal;
use shared::flow::recovery::password_reset;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse, reset_identifier};
use shared::request;

request! {
    /// The new password of a reset.
    #[schemars(inline)]
    pub struct ResetPassword {
        /// The key from the link, or the code that was sent.
        key: LaterText,
        /// The new password.
        password: LaterText,
    }
}

/// `POST auth/password/request`: sends a link or a code.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let to = reset_identifier(&request.input()?, &request.app.settings.account).map_err(Refusal::Invalid)?;
    let outcome = password_reset::request(request.context(), caller, &to).await?;
    Ok(outcome.map_or_else(|| Bare::<200>::default().into(), |outcome| request.answer(&outcome)))
}

/// `GET auth/password/reset`: returns the user that a key belongs to. `POST auth/password/reset`: sets the new
/// password.
pub async fn reset(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let cx = request.context();
    if request.method == Method::GET {
        password_reset::enter(cx, &caller).await?;
        let header = request.header("x-password-reset-key");
        let key = header.as_deref().map(str::trim).filter(|key| !key.is_empty());
        let user = password_reset::inspect(cx, &caller, key).await?;
        return Ok(ApiResponse::data(PasswordResetInfo { user: User::new(&cx.settings, &user) }));
    }
    password_reset::count(cx).await?;
    password_reset::enter(cx, &caller).await?;
    let ResetPassword { key: LaterText(key), password: LaterText(password) } = request.body_as()?;
    let outcome = password_reset::reset(cx, caller, key.as_deref(), password).await?;
    Ok(request.answer(&outcome))
}
