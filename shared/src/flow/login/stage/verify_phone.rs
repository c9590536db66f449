//! The stage that waits for the phone number to be verified.

use super::{Need, StageContext};
use crate::app::App;
use crate::flow::Refusal;
use crate::flow::codes::{self, Recipient};
use crate::outbox::Message;
use crate::session::CodeKind;
use serde_json::json;

/// Stops where sign-up has phone numbers and this one is not verified.
pub(in crate::flow) fn need(cx: &StageContext<'_>) -> Need {
    let account = &cx.app.settings.account;
    let Some(field) = account.signup_fields.get("phone") else { return Need::Nothing };
    match cx.user.map(|user| &user.phone) {
        Some(None) if field.required => Need::Impossible,
        Some(None) => Need::Nothing,
        Some(Some(phone)) if phone.verified || !account.phone_verification_enabled => Need::Nothing,
        Some(Some(_)) => Need::Stop,
        None if cx.login.phone.is_some() => Need::Stop,
        None => Need::Nothing,
    }
}

/// Sends the code, and lets the session wait for it.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub(in crate::flow) async fn begin(cx: &mut StageContext<'_>) -> Result<(), Refusal> {
    let app = cx.app;
    let own = cx.user.and_then(|user| user.phone.as_ref()).map(|phone| &phone.number);
    let Some(phone) = own.or(cx.login.phone.as_ref()) else { return Ok(()) };
    if !cx.permits.ask(app, cx.client, "verify_phone", phone).await? {
        return Err(cx.permits.refusal());
    }
    let user = cx.user.map(|user| user.id);
    let (process, code) = codes::begin(app, CodeKind::PhoneVerification, user, &Recipient::Phone(phone));
    cx.messages.push(code_sms(app, phone, user.is_some(), &code));
    cx.session.set_code(CodeKind::PhoneVerification, process);
    Ok(())
}

/// The message with a code, or the one to the owner of a number that somebody tried to sign up with.
pub(in crate::flow) fn code_sms(app: &App, phone: &str, known: bool, code: &str) -> Message {
    let lifetime = app.settings.account.phone_verification_timeout;
    if known {
        Message::sms(app, "verification_code", phone, json!({"code": code}), lifetime)
    } else {
        Message::sms(app, "account_already_exists", phone, json!({}), 86_400)
    }
}
