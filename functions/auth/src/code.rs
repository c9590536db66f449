//! Login by code.

use shared::envelope::Bare;
use shared::flow::Refusal;
use shared::flow::login::code as login_by_code;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse, login_code_identifier};
use shared::request;

request! {
    /// The code that was sent.
    #[schemars(inline)]
    pub struct ConfirmLoginCode {
        /// The code. Case and punctuation do not matter.
        code: LaterText,
    }
}

/// `POST auth/code/request`: sends a code.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let to = login_code_identifier(&request.input()?, &request.app.settings.account).map_err(Refusal::Invalid)?;
    let outcome = login_by_code::request(request.context(), caller, to).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/code/confirm`: logs in with the code.
pub async fn confirm(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller_who_finishes().await?;
    login_by_code::expect(request.context(), &caller).await?;
    let ConfirmLoginCode { code: LaterText(code) } = request.body_as()?;
    let outcome = login_by_code::confirm(request.context(), caller, code.as_deref()).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/code/resend`: sends another code.
pub async fn resend(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    login_by_code::resend(request.context(), &caller).await?;
    Ok(Bare::<200>::default().into())
}
