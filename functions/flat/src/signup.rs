//! Signup.

use crate::respond;
use crate::responses::SignedUp;
use shared::flow::signup::sign_up::signup as sign_up;
use shared::http::{ApiError, ApiRequest, ApiResponse, signup_form};
use shared::session::{Caller, StageKey};
use shared::settings::EmailVerification;

/// `POST signup/`: creates an account. The response is 200 if the form is valid. `verification_sent` is true if the
/// user must still verify the address. The response is the same for an address that already has an account.
pub async fn signup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    let form = signup_form(app, &request.input()?, true);
    let outcome = sign_up(request.context(), Caller::Anonymous, form).await?;
    let sent = match &outcome.caller {
        Caller::User(parts) => {
            let is_wanted = app.settings.account.email_verification != EmailVerification::None;
            is_wanted && parts.0.addresses.iter().any(|address| !address.verified)
        }
        Caller::Pending(session) => session.pending_stage(&app.settings, app.now()) == Some(StageKey::VerifyEmail),
        Caller::Anonymous | Caller::Expired => return respond::login_response(&request, &outcome, None).await,
    };
    let state = respond::login_state(&request, &outcome, None).await?;
    Ok(respond::with_login(&outcome, respond::ok(&SignedUp::new(state, sent))))
}
