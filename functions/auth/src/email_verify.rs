//! Verification of email addresses.

use axum::http::Method;
use shared::envelope::{Bare, DataWithMeta, EmailVerificationInfo, EmailVerificationMeta, User};
use shared::flow::addresses::email_verification;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;
use shared::settings::ClientKind;

request! {
    /// The key that verifies an email address.
    #[schemars(inline)]
    pub struct VerifyEmail {
        /// The key from the link, or the code that was sent.
        key: LaterText,
    }
}

/// `GET auth/email/verify`: returns the address that a key verifies. `POST auth/email/verify`: verifies it.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller_who_finishes().await?;
    let cx = request.context();
    email_verification::enter(cx, &caller).await?;
    if request.method == Method::GET {
        let header = request.header("x-email-verification-key");
        let key = header.as_deref().map(str::trim).filter(|key| !key.is_empty());
        let found = email_verification::inspect(cx, &caller, key).await?;
        let data = EmailVerificationInfo { email: &found.email, user: User::new(&cx.settings, &found.user) };
        let meta = EmailVerificationMeta { is_authenticating: found.is_authenticating };
        return Ok(ApiResponse::of(200, &DataWithMeta::new(data, meta)));
    }
    let VerifyEmail { key: LaterText(key) } = request.body_as()?;
    let mut outcome = email_verification::verify(cx, caller, key.as_deref()).await?;
    if request.kind == ClientKind::Browser && !cx.settings.account.email_verification_by_code_enabled {
        outcome.shown_as = None; // the reference reloads the account here for browsers, but not for apps
    }
    Ok(request.answer(&outcome))
}

/// `POST auth/email/verify/resend`: sends another code.
pub async fn resend(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    email_verification::resend(request.context(), &caller).await?;
    Ok(Bare::<200>::default().into())
}
