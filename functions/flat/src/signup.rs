//! Signup.

use crate::reply::Reply;
use serde_json::json;
use shared::flow::signup::sign_up::signup as sign_up;
use shared::http::{Exchange, Rejection, signup_form};
use shared::session::{Caller, StageKey};
use shared::settings::EmailVerification;

/// `POST signup/`: 200 where the form will do, and `verification_sent` where the address is yet to be verified. An
/// address that somebody has already looks the same.
pub async fn signup(exchange: Exchange) -> Result<Reply, Rejection> {
    let app = &exchange.app;
    let form = signup_form(app, &exchange.input()?, true);
    let outcome = sign_up(exchange.context(), Caller::Anonymous, form).await?;
    let sent = match &outcome.caller {
        Caller::User(parts) => {
            let is_wanted = app.settings.account.email_verification != EmailVerification::None;
            is_wanted && parts.0.addresses.iter().any(|address| !address.verified)
        }
        Caller::Pending(session) => session.pending_stage(&app.settings, app.now()) == Some(StageKey::VerifyEmail),
        Caller::Anonymous | Caller::Gone => return Reply::entered(&exchange, &outcome, None).await,
    };
    Ok(Reply::done(&exchange, &outcome, None).await?.with("verification_sent", json!(sent)))
}
