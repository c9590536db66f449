//! The stage that waits for the address to be verified, and the mails of verification.

use crate::account::{Address, User};
use crate::app::App;
use crate::flow::code::{self, Recipient};
use crate::flow::pipeline::{Passage, Verdict};
use crate::flow::{Refusal, frontend_url};
use crate::outbox::Message;
use crate::session::CodeKind;
use crate::settings::EmailVerification;
use serde_json::json;

/// What signatures of verification links are for.
pub(in crate::flow) const LINK: &str = "email verification link";

/// Halts where verification is mandatory and missing; sends what it takes.
pub(in crate::flow) async fn enter(passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
    let (login, user) = (passage.login, passage.user);
    let verified = user.is_some_and(|user| user.has_verified_email(login.email.as_deref()));
    match login.email_verification {
        _ if verified => Ok(Verdict::Pass),
        EmailVerification::None => Ok(Verdict::Pass),
        EmailVerification::Optional => {
            if login.signup {
                send(passage).await?;
            }
            Ok(Verdict::Pass)
        }
        EmailVerification::Mandatory => {
            send(passage).await?;
            Ok(Verdict::Halt)
        }
    }
}

async fn send(passage: &mut Passage<'_>) -> Result<(), Refusal> {
    let (app, login) = (passage.app, passage.login);
    let address = passage.user.and_then(|user| match &login.email {
        Some(email) => user.address(email),
        None => user.address_to_verify(),
    });
    let email = match (passage.user, address, &login.email) {
        (Some(_), Some(address), _) => address.email.clone(),
        (None, _, Some(email)) => email.clone(),
        _ => return Ok(()), // nowhere to send it
    };
    let by_code = app.settings.account.email_verification_by_code_enabled;
    if !passage.permits.ask(app, passage.client, "confirm_email", &email).await? {
        // An earlier link still works; an earlier code belongs to another session.
        return if by_code { Err(passage.permits.refusal()) } else { Ok(()) };
    }
    let message = if by_code {
        let owner = passage.user.filter(|_| address.is_some());
        let id = passage.user.map(|user| user.id);
        let (process, code) = code::begin(app, CodeKind::EmailVerification, id, &Recipient::Email(&email));
        passage.session.set_code(CodeKind::EmailVerification, process);
        owner.map_or_else(|| account_exists_mail(app, &email), |user| code_mail(app, user, &email, &code))
    } else {
        match (passage.user, address) {
            (Some(user), Some(address)) => link_mail(app, user, address),
            _ => account_exists_mail(app, &email),
        }
    };
    passage.messages.push(message);
    Ok(())
}

/// The mail with a code.
pub(in crate::flow) fn code_mail(app: &App, user: &User, email: &str, code: &str) -> Message {
    let params = json!({"code": code, "user_display": user.display(&app.settings)});
    let lifetime = app.settings.account.email_verification_by_code_timeout;
    Message::mail(app, confirmation_kind(user), email, params, lifetime)
}

/// The mail with a link to a page of the frontend.
pub(in crate::flow) fn link_mail(app: &App, user: &User, address: &Address) -> Message {
    let key = link_key(app, user, address);
    let url = frontend_url(app, "account_confirm_email", "/accounts/confirm-email/{key}/", &key);
    confirmation_mail(app, user, address, &url)
}

/// The key of a link: it names the address by its random id, and carries when it was made.
pub(in crate::flow) fn link_key(app: &App, user: &User, address: &Address) -> String {
    let made = app.now().0.to_be_bytes();
    app.keys.sign(LINK, &[&user.id.0.as_bytes()[..], &address.id_bytes(), &made].concat())
}

/// The mail with this link.
pub(in crate::flow) fn confirmation_mail(app: &App, user: &User, address: &Address, url: &str) -> Message {
    let params = json!({"url": url, "user_display": user.display(&app.settings)});
    let lifetime = (app.settings.account.email_confirmation_expire_days * 86_400.0) as i64;
    Message::mail(app, confirmation_kind(user), &address.email, params, lifetime)
}

/// The mail to the owner of an address that somebody tried to sign up with.
pub(in crate::flow) fn account_exists_mail(app: &App, email: &str) -> Message {
    let params = json!({
        "password_reset_url": frontend_url(app, "account_reset_password", "/accounts/password/reset/", ""),
    });
    Message::mail(app, "account_already_exists", email, params, 86_400)
}

/// People who have never been in are welcomed.
fn confirmation_kind(user: &User) -> &'static str {
    if user.last_login.is_none() { "email_confirmation_signup" } else { "email_confirmation" }
}
