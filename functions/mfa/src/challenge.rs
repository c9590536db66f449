//! Showing a second factor: at login, and again later.

use shared::flow::Refusal;
use shared::flow::login::waiting::find_waiting;
use shared::flow::mfa::authenticate::{self, Proof};
use shared::flow::mfa::trust;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::session::StageKey;

/// `POST auth/2fa/authenticate`: a code, by somebody whose login waits for it.
pub async fn authenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller_who_finishes().await?;
    let user = find_waiting(cx, &caller, StageKey::MfaAuthenticate).await?;
    let code = code(&request)?;
    let outcome = authenticate::authenticate(cx, caller, user, Proof::Code(&code)).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/2fa/reauthenticate`: a code, by somebody who is in.
pub async fn reauthenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let code = code(&request)?;
    let outcome = authenticate::reauthenticate(request.context(), user, session, Proof::Code(&code)).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/2fa/trust`: whether this browser is let off the second factor from now on.
pub async fn trust(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller().await?;
    let user = find_waiting(cx, &caller, StageKey::MfaTrust).await?;
    let mut problems = Vec::new();
    let trusts = request.input()?.bool_field("trust", &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems).into());
    }
    let (outcome, cookie) = trust::trust(cx, caller, user, trusts).await?;
    Ok(request.answer(&outcome).with_trust(cookie))
}

/// The code that a request brings.
fn code(request: &ApiRequest) -> Result<String, ApiError> {
    let mut problems = Vec::new();
    let code = request.input()?.char_field("code", true, &mut problems);
    let code = code.ok_or(Refusal::Invalid(problems))?;
    Ok(code)
}
