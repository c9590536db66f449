//! Verification of email addresses.

use crate::caller::caller;
use crate::words;
use shared::flow::addresses::email_verification;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `POST email/verify/`: `key` is that of the link, or a code. A code is for whoever asked for it: `token` is the
/// `flow_token` of that answer. With it, a login that waited goes on.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let input = request.input()?;
    let (key, token) = (input.text("key"), input.text("token"));
    let caller = caller(&request, token.as_deref()).await?;
    email_verification::enter(cx, &caller).await?;
    let outcome = email_verification::verify(cx, caller, key.as_deref()).await?;
    words::done(&request, &outcome, token.as_deref()).await
}
