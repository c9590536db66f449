//! Second factors: completing a login, and setting up an authenticator app.

use crate::caller::{caller, user};
use crate::respond;
use crate::responses::{AddedTotp, NewTotp};
use shared::envelope::Authenticator;
use shared::flow::login::pending;
use shared::flow::login::reauthentication::Recent;
use shared::flow::mfa::authenticate::{self, Proof};
use shared::flow::mfa::may_add;
use shared::flow::mfa::totp::{self, Activation};
use shared::flow::{Problem, Refusal};
use shared::http::fields::Text;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::qr;
use shared::request;
use shared::session::StageKey;

request! {
    /// The second factor of a login.
    #[schemars(rename = "FlatMfaAuthenticate")]
    pub struct SecondFactor {
        /// The `mfa_token` of the response to the login.
        token: Text,
        /// The code that an authenticator app shows, or a recovery code.
        code: Text,
    }
}

request! {
    /// A code of an authenticator app that is being set up.
    #[schemars(rename = "FlatTotpConfirmation")]
    pub struct Confirmation {
        /// The latest secret of `mfa/totp/add/`.
        secret: Text,
        /// The code.
        code: Text,
    }
}

/// `POST mfa/authenticate/`: checks a code, and completes the login that the `mfa_token` belongs to.
pub async fn authenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let SecondFactor { token: Text(token), code: Text(code) } = request.body_as()?;
    let caller = caller(&request, Some(&token)).await?;
    let user = pending::find_user_at_stage(cx, &caller, StageKey::MfaAuthenticate).await?;
    let outcome = authenticate::authenticate(cx, caller, user, Proof::Code(&code)).await?;
    respond::login_response(&request, &outcome, Some(&token)).await
}

/// `POST mfa/totp/add/`: returns a secret for an authenticator app. The session keeps the secret until a code confirms
/// it.
pub async fn add(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = user(&request).await?;
    if user.authenticator("totp").is_some() {
        return Err(Refusal::Conflict.into());
    }
    may_add(&request.app.settings, &user).map_err(Refusal::from)?;
    let (secret, url) = totp::begin(request.context(), user, session).await?;
    Ok(respond::ok(&NewTotp { secret: secret.as_str(), totp_url: &url, qr_code: qr::svg(&url) }))
}

/// `POST mfa/totp/confirm/`: sets up the authenticator app. A code proves that the app has the secret that the session
/// keeps.
pub async fn confirm(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = user(&request).await?;
    let cx = request.context();
    let Confirmation { secret: Text(secret), code: Text(code) } = request.body_as()?;
    if !totp::is_setting_up(&cx.keys, &session, &secret) {
        let problem = Problem::field("secret", "invalid", "This is not the secret that was given last.");
        return Err(Refusal::from(problem).into());
    }
    let activation = Activation { code: &code, recent: Recent::Login, shows_codes: true };
    let (totp, codes) = totp::activate(cx, user, session, activation).await?;
    let codes = codes.map(|codes| codes.unused_codes(&cx.keys)).unwrap_or_default();
    Ok(respond::ok(&AddedTotp { authenticator: Authenticator::new(&totp, None), recovery_codes: codes }))
}
