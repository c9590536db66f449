//! Verification of email addresses.

use crate::caller::caller;
use crate::fields::Unchecked;
use crate::respond;
use shared::flow::addresses::email_verification;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// The key or code that verifies an email address.
    #[schemars(rename = "FlatEmailVerification")]
    pub struct Verification {
        /// The key from the link, or the code.
        key: LaterText,
        /// The `flow_token` of the response that requested the code. A link needs no token.
        token: Option<Unchecked>,
    }
}

/// `POST email/verify/`: verifies an address. `key` is the key of a link, or a code. A code also needs `token`, the
/// `flow_token` of the response to the request that sent the code. With it, a login that waited for the verification
/// continues.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let Verification { key: LaterText(key), token } = request.body_as()?;
    let token = token.map(|Unchecked(token)| token);
    let caller = caller(&request, token.as_deref()).await?;
    email_verification::enter(cx, &caller).await?;
    let outcome = email_verification::verify(cx, caller, key.as_deref()).await?;
    respond::done(&request, &outcome, token.as_deref()).await
}
