//! The stage that waits for a code where a login needs one besides.

use super::mfa_trust::is_trusted;
use super::verify_email::account_exists_mail;
use crate::app::App;
use crate::flow::codes::{self, Recipient};
use crate::flow::login::engine::{Passage, Verdict};
use crate::flow::{Refusal, frontend_url};
use crate::outbox::Message;
use crate::session::CodeKind;
use serde_json::json;

/// Halts where `ACCOUNT_LOGIN_BY_CODE_REQUIRED` applies to how the person showed who they are.
pub(in crate::flow) async fn enter(passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
    let (app, login, user) = (passage.app, passage.login, passage.user);
    let method = passage.session.methods.last().map(|record| record.method.as_str());
    if method == Some("code") || !app.settings.account.login_by_code_required.applies_to(method) {
        return Ok(Verdict::Pass);
    }
    let trusted = |user| app.settings.account.login_by_code_trust_enabled && is_trusted(app, passage.client, user);
    if app.settings.mfa.enabled && user.is_some_and(trusted) {
        return Ok(Verdict::Pass);
    }
    let email = login.email.as_deref().or(user.and_then(|user| user.primary_email()));
    let phone = user.and_then(|user| user.phone.as_ref()).map(|phone| phone.number.as_str()).or(login.phone.as_deref());
    let recipient = match (email, phone) {
        (Some(email), _) => Recipient::Email(email),
        (None, Some(phone)) if app.settings.account.signup_fields.get("phone").is_some() => Recipient::Phone(phone),
        _ => return Ok(Verdict::Abort), // no way to reach them: the requirement cannot be met
    };
    let (process, code) = codes::begin(app, CodeKind::LoginByCode, user.map(|user| user.id), &recipient);
    passage.session.set_code(CodeKind::LoginByCode, process);
    passage.messages.push(code_message(app, &recipient, user.is_some(), login.signup, &code));
    Ok(Verdict::Halt)
}

/// The message with a code, or for nobody's address the one that says so.
pub(in crate::flow) fn code_message(app: &App, to: &Recipient<'_>, known: bool, signup: bool, code: &str) -> Message {
    let lifetime = app.settings.account.login_by_code_timeout;
    match to {
        Recipient::Email(email) if known => Message::mail(app, "login_code", email, json!({"code": code}), lifetime),
        Recipient::Email(email) if signup => account_exists_mail(app, email),
        Recipient::Email(email) => unknown_account_mail(app, email),
        Recipient::Phone(phone) if known => Message::sms(app, "login_code", phone, json!({"code": code}), lifetime),
        Recipient::Phone(phone) if signup => Message::sms(app, "account_already_exists", phone, json!({}), 86_400),
        Recipient::Phone(phone) => Message::sms(app, "unknown_account", phone, json!({}), 86_400),
    }
}

/// The mail to an address that no account has, where such mails are sent.
pub(in crate::flow) fn unknown_account_mail(app: &App, email: &str) -> Message {
    if !app.settings.account.email_unknown_accounts {
        return Message::decoy(app);
    }
    let params = json!({"signup_url": frontend_url(app, "account_signup", "/accounts/signup/", "")});
    Message::mail(app, "unknown_account", email, params, 86_400)
}
