//! Second factors in use: to complete a login, and to reauthenticate.

use shared::flow::login::pending::find_user_at_stage;
use shared::flow::mfa::authenticate::{self, Proof};
use shared::flow::mfa::trust;
use shared::http::fields::{Flag, Text};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;
use shared::session::StageKey;

request! {
    /// A code of a second factor.
    #[schemars(rename = "MFAAuthenticate")]
    pub struct MfaAuthenticate {
        /// The code that an authenticator app shows, or a recovery code.
        code: Text,
    }
}

request! {
    /// Whether to trust this browser.
    #[schemars(rename = "MFATrust")]
    pub struct MfaTrust {
        /// Whether this browser skips the second factor from now on.
        trust: Flag,
    }
}

/// `POST auth/2fa/authenticate`: checks a code, and completes a login that waits for it.
pub async fn authenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller_who_finishes().await?;
    let user = find_user_at_stage(cx, &caller, StageKey::MfaAuthenticate).await?;
    let MfaAuthenticate { code: Text(code) } = request.body_as()?;
    let outcome = authenticate::authenticate(cx, caller, user, Proof::Code(&code)).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/2fa/reauthenticate`: checks a code of a user who is logged in.
pub async fn reauthenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let MfaAuthenticate { code: Text(code) } = request.body_as()?;
    let outcome = authenticate::reauthenticate(request.context(), user, session, Proof::Code(&code)).await?;
    Ok(request.answer(&outcome))
}

/// `POST auth/2fa/trust`: sets whether this browser skips the second factor from now on.
pub async fn trust(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller().await?;
    let user = find_user_at_stage(cx, &caller, StageKey::MfaTrust).await?;
    let MfaTrust { trust: Flag(trusts) } = request.body_as()?;
    let (outcome, cookie) = trust::trust(cx, caller, user, trusts).await?;
    Ok(request.answer(&outcome).with_trust(cookie))
}
