//! Verification of email addresses.

use crate::caller::caller;
use crate::fields::Unchecked;
use crate::respond;
use shared::flow::addresses::email_verification;
use shared::http::fields::LaterText;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// The key of a verification.
    #[schemars(rename = "FlatEmailVerification")]
    pub struct Verification {
        /// The key of the link, or the code.
        key: LaterText,
        /// The `flow_token` of the response to who asked for the code. A link does not need it.
        token: Option<Unchecked>,
    }
}

/// `POST email/verify/`: `key` is that of the link, or a code. A code is for whoever asked for it: `token` is the
/// `flow_token` of that answer. With it, a login that waited goes on.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let Verification { key: LaterText(key), token } = request.body_as()?;
    let token = token.map(|Unchecked(token)| token);
    let caller = caller(&request, token.as_deref()).await?;
    email_verification::enter(cx, &caller).await?;
    let outcome = email_verification::verify(cx, caller, key.as_deref()).await?;
    respond::done(&request, &outcome, token.as_deref()).await
}
