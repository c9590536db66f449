//! The stage at which the user has to verify the email address, and the mails of verification.

use super::{Need, StageContext};
use crate::account::{Address, User};
use crate::flow::codes::{self, Recipient};
use crate::flow::{Context, Refusal, api_url};
use crate::outbox::{MailKind, Message};
use crate::session::{Api, CodeKind};
use crate::settings::{EmailVerification, FrontendPage, RateAction};
use serde_json::json;

/// The purpose of the signatures of verification links.
pub(in crate::flow) const LINK: &str = "email verification link";

/// Stops if verification is mandatory and the address is not verified. If verification is optional, a signup sends the
/// mail and continues.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    if stage.user.is_some_and(|user| user.has_verified_email(stage.login.email.as_deref())) {
        return Need::Nothing;
    }
    match stage.login.email_verification() {
        EmailVerification::None => Need::Nothing,
        EmailVerification::Optional if stage.login.signup => Need::Message,
        EmailVerification::Optional => Need::Nothing,
        EmailVerification::Mandatory => Need::Stop,
    }
}

/// Sends the link or the code that verifies the address.
///
/// # Errors
/// [`Refusal::RateLimited`] for a code; the table is unavailable.
pub(in crate::flow) async fn begin(stage: &mut StageContext<'_>) -> Result<(), Refusal> {
    let (cx, login) = (stage.cx, stage.login);
    let address = stage.user.and_then(|user| match &login.email {
        Some(email) => user.address(email),
        None => user.address_to_verify(),
    });
    let email = match (stage.user, address, &login.email) {
        (Some(_), Some(address), _) => address.email.clone(),
        (None, _, Some(email)) => email.clone(),
        _ => return Ok(()), // there is no address to send it to
    };
    // The JWT API supports only links.
    let by_code = cx.settings.account.email_verification_by_code_enabled && cx.client.api != Api::Jwt;
    if !stage.reservations.reserve(cx, RateAction::ConfirmEmail, &email).await? {
        // An earlier link still works; an earlier code belongs to another session.
        return if by_code { Err(stage.reservations.refusal()) } else { Ok(()) };
    }
    let message = if by_code {
        let owner = stage.user.filter(|_| address.is_some());
        let id = stage.user.map(|user| user.id);
        let (process, code) = codes::begin(cx, CodeKind::EmailVerification, id, &Recipient::Email(&email));
        stage.session.set_code(CodeKind::EmailVerification, process);
        owner.map_or_else(|| account_exists_mail(cx, &email), |user| code_mail(cx, user, &email, &code))
    } else {
        match (stage.user, address) {
            (Some(user), Some(address)) => link_mail(cx, user, address),
            _ => account_exists_mail(cx, &email),
        }
    };
    stage.messages.push(message);
    Ok(())
}

/// The mail with a code.
pub(in crate::flow) fn code_mail(cx: Context<'_>, user: &User, email: &str, code: &str) -> Message {
    let params = json!({"code": code, "user_display": user.display(&cx.settings)});
    let lifetime = cx.settings.account.email_verification_by_code_timeout;
    Message::mail(cx.app, confirmation_kind(user), email, params, lifetime)
}

/// The mail with a link. The link leads to a page of the frontend, or to the JWT API for users who signed up there.
pub(in crate::flow) fn link_mail(cx: Context<'_>, user: &User, address: &Address) -> Message {
    let key = link_key(cx, user, address);
    let url = match cx.client.api {
        Api::Headless | Api::Flat => cx.settings.frontend_url(FrontendPage::CONFIRM_EMAIL, &key),
        Api::Jwt => api_url(&cx.settings, &format!("/registration/verification/{key}/")),
    };
    let params = json!({"url": url, "user_display": user.display(&cx.settings)});
    let lifetime = (cx.settings.account.email_confirmation_expire_days * 86_400.0) as i64;
    Message::mail(cx.app, confirmation_kind(user), &address.email, params, lifetime)
}

/// The key of a link. It contains the random id of the address, and the time at which the link was created.
fn link_key(cx: Context<'_>, user: &User, address: &Address) -> String {
    let made = cx.now().0.to_be_bytes();
    cx.keys.sign(LINK, &[&user.id.0.as_bytes()[..], &address.id_bytes(), &made].concat())
}

/// The mail to the owner of an address that another person tried to sign up with.
pub(in crate::flow) fn account_exists_mail(cx: Context<'_>, email: &str) -> Message {
    let params = json!({
        "password_reset_url": cx.settings.frontend_url(FrontendPage::RESET_PASSWORD, ""),
    });
    Message::mail(cx.app, MailKind::AccountAlreadyExists, email, params, 86_400)
}

/// A user who has never logged in gets the mail of a signup.
fn confirmation_kind(user: &User) -> MailKind {
    if user.last_login.is_none() { MailKind::EmailConfirmationSignup } else { MailKind::EmailConfirmation }
}
