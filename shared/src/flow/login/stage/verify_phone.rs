//! The stage at which the user has to verify the phone number.

use super::{Need, StageContext};
use crate::flow::codes::{self, Recipient};
use crate::flow::{Context, Refusal};
use crate::outbox::{Message, SmsKind};
use crate::session::CodeKind;
use crate::settings::RateAction;
use serde_json::json;

/// Stops if the signup form has a phone number and the user's number is not verified.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let account = &stage.cx.settings.account;
    let Some(field) = account.signup_fields.get("phone") else { return Need::Nothing };
    match stage.user.map(|user| &user.phone) {
        Some(None) if field.required => Need::Impossible,
        Some(None) => Need::Nothing,
        Some(Some(phone)) if phone.verified || !account.phone_verification_enabled => Need::Nothing,
        Some(Some(_)) => Need::Stop,
        None if stage.login.phone.is_some() => Need::Stop,
        None => Need::Nothing,
    }
}

/// Sends the code, and makes the session wait for it.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub(in crate::flow) async fn begin(stage: &mut StageContext<'_>) -> Result<(), Refusal> {
    let cx = stage.cx;
    let own = stage.user.and_then(|user| user.phone.as_ref()).map(|phone| &phone.number);
    let Some(phone) = own.or(stage.login.phone.as_ref()) else { return Ok(()) };
    if !stage.reservations.reserve(cx, RateAction::VerifyPhone, phone).await? {
        return Err(stage.reservations.refusal());
    }
    let user = stage.user.map(|user| user.id);
    let (process, code) = codes::begin(cx, CodeKind::PhoneVerification, user, &Recipient::Phone(phone));
    stage.messages.push(code_sms(cx, phone, user.is_some(), &code));
    stage.session.set_code(CodeKind::PhoneVerification, process);
    Ok(())
}

/// The message with a code. If the number belongs to another account, the message to the owner that a signup with it
/// was tried.
pub(in crate::flow) fn code_sms(cx: Context<'_>, phone: &str, known: bool, code: &str) -> Message {
    let lifetime = cx.settings.account.phone_verification_timeout;
    if known {
        Message::sms(cx.app, SmsKind::VerificationCode, phone, json!({"code": code}), lifetime)
    } else {
        Message::sms(cx.app, SmsKind::AccountAlreadyExists, phone, json!({}), 86_400)
    }
}
