//! The stage at which the user has to enter a code, if a login requires one in addition.

use super::mfa_trust::is_trusted;
use super::verify_email::account_exists_mail;
use super::{Need, StageContext};
use crate::flow::Context;
use crate::flow::codes::{self, Recipient};
use crate::outbox::{MailKind, Message, SmsKind};
use crate::session::CodeKind;
use crate::settings::FrontendPage;
use serde_json::json;

/// Stops if `ACCOUNT_LOGIN_BY_CODE_REQUIRED` applies to the method of authentication.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let (cx, user) = (stage.cx, stage.user);
    let method = stage.session.methods.last().map(|record| record.method.as_str());
    if method == Some("code") || !cx.settings.account.login_by_code_required.applies_to(method) {
        return Need::Nothing;
    }
    let trusted = |user| cx.settings.account.login_by_code_trust_enabled && is_trusted(cx, user);
    if cx.settings.mfa.enabled && user.is_some_and(trusted) {
        return Need::Nothing;
    }
    // If no message can reach the user, the login cannot continue.
    if recipient(stage).is_some() { Need::Stop } else { Need::Impossible }
}

/// Sends the code, and makes the session wait for it.
pub(in crate::flow) fn begin(stage: &mut StageContext<'_>) {
    let Some(recipient) = recipient(stage) else { return };
    let (cx, user) = (stage.cx, stage.user);
    let (process, code) = codes::begin(cx, CodeKind::LoginByCode, user.map(|user| user.id), &recipient);
    stage.messages.push(code_message(cx, &recipient, user.is_some(), stage.login.signup, &code));
    stage.session.set_code(CodeKind::LoginByCode, process);
}

/// The recipient of the code: the address that the user entered, unless it is unverified and the user has a verified
/// one.
fn recipient<'a>(stage: &StageContext<'a>) -> Option<Recipient<'a>> {
    let (login, user) = (stage.login, stage.user);
    let named = login.email.as_deref().filter(|email| user.is_none_or(|user| user.is_reached_by(email)));
    let email = named.or(user.and_then(|user| user.primary_email()));
    let phone = user.and_then(|user| user.phone.as_ref()).map(|phone| phone.number.as_str()).or(login.phone.as_deref());
    match (email, phone) {
        (Some(email), _) => Some(Recipient::Email(email)),
        (None, Some(phone)) if stage.cx.settings.account.signup_fields.get("phone").is_some() => {
            Some(Recipient::Phone(phone))
        }
        _ => None,
    }
}

/// The message with a code. If no account has the address or number, the message that says so.
pub(in crate::flow) fn code_message(
    cx: Context<'_>,
    to: &Recipient<'_>,
    known: bool,
    signup: bool,
    code: &str,
) -> Message {
    let lifetime = cx.settings.account.login_by_code_timeout;
    match to {
        Recipient::Email(email) if known => {
            Message::mail(cx.app, MailKind::LoginCode, email, json!({"code": code}), lifetime)
        }
        Recipient::Email(email) if signup => account_exists_mail(cx, email),
        Recipient::Email(email) => unknown_account_mail(cx, email),
        Recipient::Phone(phone) if known => {
            Message::sms(cx.app, SmsKind::LoginCode, phone, json!({"code": code}), lifetime)
        }
        Recipient::Phone(phone) if signup => {
            Message::sms(cx.app, SmsKind::AccountAlreadyExists, phone, json!({}), 86_400)
        }
        Recipient::Phone(phone) => Message::sms(cx.app, SmsKind::UnknownAccount, phone, json!({}), 86_400),
    }
}

/// The mail to an address that no account has, if the settings allow such mails.
pub(in crate::flow) fn unknown_account_mail(cx: Context<'_>, email: &str) -> Message {
    if !cx.settings.account.email_unknown_accounts {
        return Message::decoy(cx.app);
    }
    let params = json!({"signup_url": cx.settings.frontend_url(FrontendPage::SIGNUP, "")});
    Message::mail(cx.app, MailKind::UnknownAccount, email, params, 86_400)
}
