//! Verification of phone numbers.

use shared::envelope::Bare;
use shared::flow::addresses::phone;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// The code that was sent.
    #[schemars(inline)]
    pub struct VerifyPhone {
        /// The code. Case and punctuation do not matter.
        code: LaterText,
    }
}

/// `POST auth/phone/verify`: verifies the phone number with the code.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller_who_finishes().await?;
    phone::enter(request.context(), &caller).await?;
    let VerifyPhone { code: LaterText(code) } = request.body_as()?;
    let outcome = phone::verify(request.context(), caller, code.as_deref()).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/phone/verify/resend`: sends another code.
pub async fn resend(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    phone::resend(request.context(), &caller).await?;
    Ok(Bare::<200>::default().into())
}
