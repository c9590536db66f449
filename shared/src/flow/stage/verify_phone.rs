//! The stage that waits for the phone number to be verified.

use crate::app::App;
use crate::flow::Refusal;
use crate::flow::code::{self, Recipient};
use crate::flow::pipeline::{Passage, Verdict};
use crate::outbox::Message;
use crate::session::CodeKind;
use serde_json::json;

/// Halts where signup has phone numbers and this one is not verified.
pub(in crate::flow) async fn enter(passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
    let (app, account) = (passage.app, &passage.app.settings.account);
    let Some(field) = account.signup_fields.get("phone") else { return Ok(Verdict::Pass) };
    let phone = match passage.user.map(|user| &user.phone) {
        Some(None) => return Ok(if field.required { Verdict::Abort } else { Verdict::Pass }),
        Some(Some(phone)) if phone.verified || !account.phone_verification_enabled => return Ok(Verdict::Pass),
        Some(Some(phone)) => phone.number.clone(),
        None => match &passage.login.phone {
            Some(phone) => phone.clone(),
            None => return Ok(Verdict::Pass),
        },
    };
    if !passage.permits.ask(app, passage.client, "verify_phone", &phone).await? {
        return Err(passage.permits.refusal());
    }
    let user = passage.user.map(|user| user.id);
    let (process, code) = code::begin(app, CodeKind::PhoneVerification, user, &Recipient::Phone(&phone));
    passage.messages.push(code_sms(app, &phone, user.is_some(), &code));
    passage.session.set_code(CodeKind::PhoneVerification, process);
    Ok(Verdict::Halt)
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
