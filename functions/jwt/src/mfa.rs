//! The second factor: setup, verification and removal.

use crate::caller;
use crate::fields::{Fields, missing};
use crate::login::{finish_login, login_response, record_refusal, session_tokens};
use crate::respond;
use crate::responses::{Authenticator, MfaActivateResponse, MfaDeactivateResponse, MfaSetupResponse};
use crate::rules::{AnyText, BlankText, Body, Given, May, NullableText, TotpCode, body};
use shared::account::User;
use shared::flow::jwt_api::second_factor::{self as flow, Enrollee, FactorCode};
use shared::flow::jwt_api::{LoginState, profile};
use shared::flow::login::known_password::is_right;
use shared::flow::{FactorProblem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::qr;
use shared::settings::TotpMode;
use shared::ticket::Ticket;

body! {
    /// The login for which an authenticator app is set up.
    MfaSetup as "MFASetup" {
        /// The id of the login that waits for the setup. Users who are logged in omit it.
        setup_challenge_id: May<NullableText>;
    }
}

body! {
    /// A code of an authenticator app that is being set up.
    MfaActivate as "MFAActivate" {
        /// The code.
        code: Given<TotpCode>;
        /// The id of the login that waits for the setup. Users who are logged in can omit it.
        setup_challenge_id: May<BlankText>;
    }
}

body! {
    /// A code of an authenticator app, for a login that waits for it.
    MfaVerify as "MFAVerify" {
        /// The id of the login that waits.
        challenge_id: Given<AnyText>;
        /// The code.
        code: Given<TotpCode>;
    }
}

body! {
    /// A recovery code, for a login that waits for a second factor.
    MfaVerifyRecovery as "MFAVerifyRecovery" {
        /// The id of the login that waits.
        challenge_id: Given<AnyText>;
        /// The code.
        recovery_code: Given<AnyText>;
    }
}

body! {
    /// The password, to remove the authenticator app.
    MfaDeactivate as "MFADeactivate" {
        /// The password.
        password: Given<AnyText>;
    }
}

fn mode(request: &ApiRequest) -> TotpMode {
    request.app.settings.jwt_api.mfa_totp_mode
}

fn disabled() -> ApiError {
    respond::detail(403, "MFA TOTP is disabled.").into()
}

/// Returns the caller who sets up a second factor: a user who is logged in, or whose login waits for the setup.
async fn enrollee(request: &ApiRequest) -> Result<(User, Enrollee), ApiError> {
    if let Some((user, session)) = caller::find_session(request).await? {
        return Ok((user, Enrollee::LoggedIn(Box::new(session))));
    }
    let (ticket, user) = waiting(request).await?.ok_or_else(respond::anonymous)?;
    Ok((user, Enrollee::Waiting(ticket)))
}

/// Returns the id of a login in the body.
fn named(request: &ApiRequest) -> Result<Option<String>, ApiError> {
    let mut fields = Fields::read(request)?;
    let body = MfaSetup::read(&mut fields, &request.app.settings);
    fields.check()?;
    Ok(body.setup_challenge_id.0.filter(|challenge| !challenge.is_empty()))
}

/// Returns the login that the body names.
async fn waiting(request: &ApiRequest) -> Result<Option<(Ticket, User)>, ApiError> {
    match named(request)? {
        None => Ok(None),
        Some(challenge) => Ok(flow::find_setup(&request.app.store, &challenge).await?),
    }
}

/// `POST mfa/setup/`: returns a secret for an authenticator app.
pub async fn setup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    // Users who are logged in may leave the body out, but not send an invalid one.
    named(&request)?;
    let (user, enrollee) = enrollee(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let (secret, url) = flow::begin(request.context(), &user, &enrollee).await?;
    let qr_code = qr_svg(&url)?;
    Ok(ApiResponse::of(200, &MfaSetupResponse { secret: secret.as_str(), provisioning_uri: &url, qr_code }))
}

/// Returns the QR code for an authenticator app, as SVG.
fn qr_svg(url: &str) -> Result<String, ApiError> {
    qr::svg(url).ok_or_else(|| {
        tracing::error!("QR code could not be created");
        respond::unavailable().into()
    })
}

/// `POST mfa/activate/`: sets up the authenticator app. A code proves that the app has the secret.
pub async fn activate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, mut enrollee) = enrollee(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let mut fields = Fields::read(&request)?;
    let body = MfaActivate::read(&mut fields, &request.app.settings);
    fields.check()?;
    let code = body.code.get()?;
    // A logged-in user can also name the challenge of their own waiting login. Then that login continues.
    if let Enrollee::LoggedIn(_) = enrollee
        && body.setup_challenge_id.0.is_some()
        && let Some((ticket, _)) = waiting(&request).await?.filter(|(_, of)| of.id == user.id)
    {
        enrollee = Enrollee::Waiting(ticket);
    }
    let activated = match flow::activate(request.context(), user, enrollee, &code).await {
        // As in the reference, an app that is already active gets the error of a setup that was not started.
        Err(Refusal::Factor(FactorProblem::TotpActive)) => return Err(FactorProblem::SetupNotBegun.into()),
        other => other?,
    };
    let mut body =
        MfaActivateResponse { success: true, recovery_codes: activated.recovery_codes, access: None, refresh: None };
    let Some(LoginState::LoggedIn(parts)) = activated.state else { return Ok(ApiResponse::of(200, &body)) };
    let (user, session) = *parts;
    let (tokens, cookie) = session_tokens(&request, &user, &session)?;
    (body.access, body.refresh) = (Some(tokens.access), tokens.refresh);
    Ok(finish_login(&request, &user, ApiResponse::of(200, &body).with_cookie(cookie)))
}

/// `POST mfa/verify/`: checks a code of the authenticator app, for a login that waits for it.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = read_fields(&request).await?;
    let body = MfaVerify::read(&mut fields, &request.app.settings);
    let (challenge, code) = challenge_and_code(&request, &fields, body.challenge_id.0, body.code.0).await?;
    let met = flow::verify(request.context(), &challenge, FactorCode::Totp(&code)).await;
    login_response(&request, 200, met.map_err(|refusal| record_refusal(&request, refusal))?, None)
}

/// `POST mfa/verify-recovery/`: checks a recovery code, for a login that waits for it.
pub async fn verify_recovery(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = read_fields(&request).await?;
    let body = MfaVerifyRecovery::read(&mut fields, &request.app.settings);
    let (challenge, code) = challenge_and_code(&request, &fields, body.challenge_id.0, body.recovery_code.0).await?;
    match flow::verify(request.context(), &challenge, FactorCode::Recovery(&code)).await {
        Ok(state) => login_response(&request, 200, state, None),
        Err(wrong @ Refusal::Factor(FactorProblem::WrongCode)) => {
            record_refusal(&request, wrong);
            Err(respond::detail(400, "Invalid recovery code.").into())
        }
        Err(other) => Err(record_refusal(&request, other).into()),
    }
}

/// Reads the fields of a request with a second factor. In the mode `disabled`, an invalid body gets 403.
async fn read_fields(request: &ApiRequest) -> Result<Fields, ApiError> {
    caller::find_access(request).await?;
    match Fields::read(request) {
        Err(_) if mode(request) == TotpMode::Disabled => Err(disabled()),
        other => other,
    }
}

/// Returns the challenge and the code. In the mode `disabled`, requests without a challenge get 403. A login can still
/// have a challenge then, for a second factor that was set up through another API (ASVS 5.0 6.3.4).
async fn challenge_and_code(
    request: &ApiRequest,
    fields: &Fields,
    challenge: Option<String>,
    code: Option<String>,
) -> Result<(String, String), ApiError> {
    if mode(request) == TotpMode::Disabled {
        let given = challenge.as_deref().unwrap_or_default();
        if !flow::is_challenge(&request.app.store, given).await? {
            return Err(disabled());
        }
    }
    fields.check()?;
    challenge.zip(code).ok_or_else(missing)
}

/// `POST mfa/deactivate/`: removes the authenticator app. Requires the password.
pub async fn deactivate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = caller::session(&request).await?;
    match mode(&request) {
        TotpMode::Disabled => return Err(disabled()),
        TotpMode::Required => {
            return Err(respond::detail(403, "MFA TOTP is required and cannot be disabled.").into());
        }
        TotpMode::Optional => {}
    }
    let cx = request.context();
    let mut fields = Fields::read(&request)?;
    let body = MfaDeactivate::read(&mut fields, &request.app.settings);
    fields.check()?;
    if !is_right(cx, &user, body.password.get()?).await? {
        return Err(respond::detail(400, "Invalid password.").into());
    }
    flow::deactivate(cx, user, session).await?;
    Ok(ApiResponse::of(200, &MfaDeactivateResponse { success: true }))
}

/// `GET mfa/authenticators/`: lists the authenticators of the user.
pub async fn list(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let access = caller::access(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let user = profile::get(&request.app.store, access.user).await?;
    Ok(ApiResponse::of(200, &Authenticator::list(&user)))
}
