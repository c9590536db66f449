//! The stage that waits for the address to be verified, and the mails of verification.

use super::Refusal;
use super::pipeline::{Passage, Verdict};
use crate::account::{Address, User};
use crate::app::App;
use crate::outbox::Message;
use crate::secret;
use crate::session::CodeProcess;
use crate::settings::EmailVerification;
use serde_json::json;

/// What signatures of verification links are for.
pub(super) const LINK: &str = "email verification link";
/// What digests of verification codes are for.
const CODE: &str = "email verification code";

pub(super) struct VerifyEmail;

impl VerifyEmail {
    /// Halts where verification is mandatory and missing; sends what it takes.
    pub(super) async fn enter(passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
        let (login, user) = (passage.login, passage.user);
        let verified = user.is_some_and(|user| user.has_verified_email(login.email.as_deref()));
        match login.email_verification {
            _ if verified => Ok(Verdict::Pass),
            EmailVerification::None => Ok(Verdict::Pass),
            EmailVerification::Optional => {
                if login.signup {
                    Self::send(passage).await?;
                }
                Ok(Verdict::Pass)
            }
            EmailVerification::Mandatory => {
                Self::send(passage).await?;
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
            return if by_code { Err(Refusal::RateLimited) } else { Ok(()) };
        }
        let message = if by_code {
            let (process, code) = new_process(app, passage.user, &email);
            passage.session.email_verification = Some(process);
            match (passage.user, address) {
                (Some(user), Some(_)) => code_mail(app, user, &email, &code),
                _ => account_exists_mail(app, &email),
            }
        } else {
            match (passage.user, address) {
                (Some(user), Some(address)) => link_mail(app, user, address),
                _ => account_exists_mail(app, &email),
            }
        };
        passage.messages.push(message);
        Ok(())
    }
}

/// A code and the process that waits for it.
fn new_process(app: &App, user: Option<&User>, email: &str) -> (CodeProcess, String) {
    let mut process = CodeProcess {
        id: String::new(),
        code: String::new(),
        email: email.to_owned(),
        user: user.map(|user| user.id),
        at: app.now(),
        attempts: 0,
        resends: 0,
    };
    let code = renew_code(app, &mut process);
    (process, code)
}

/// Gives the process a new code; the old one is worth nothing any more.
pub(super) fn renew_code(app: &App, process: &mut CodeProcess) -> String {
    let account = &app.settings.account;
    let format = account.email_verification_by_code_format.as_ref().unwrap_or(&app.settings.service.user_code_format);
    let code = secret::generate_code(format, &*app.chance);
    process.id = secret::encode(&app.random::<12>());
    process.code = app.keys.digest(CODE, &[process.id.as_bytes(), secret::normalize_code(&code).as_bytes()]);
    code
}

/// Whether this is the code. The attempt has to be counted before.
pub(super) fn is_code(app: &App, process: &CodeProcess, guess: &str) -> bool {
    let guess = secret::normalize_code(guess);
    app.keys.is_digest(&process.code, CODE, &[process.id.as_bytes(), guess.as_bytes()])
}

/// The mail with a code.
pub(super) fn code_mail(app: &App, user: &User, email: &str, code: &str) -> Message {
    let params = json!({"code": code, "user_display": user.display(&app.settings)});
    let lifetime = app.settings.account.email_verification_by_code_timeout;
    Message::mail(app, confirmation_kind(user), email, params, lifetime)
}

/// The mail with a link. Its key names the address by its random id, and carries when it was made.
fn link_mail(app: &App, user: &User, address: &Address) -> Message {
    let made = app.now().0.to_be_bytes();
    let key = app.keys.sign(LINK, &[&user.id.0.as_bytes()[..], &address.id_bytes(), &made].concat());
    let url = frontend_url(app, "account_confirm_email", "/accounts/confirm-email/{key}/", &key);
    let params = json!({"url": url, "user_display": user.display(&app.settings)});
    let lifetime = (app.settings.account.email_confirmation_expire_days * 86_400.0) as i64;
    Message::mail(app, confirmation_kind(user), &address.email, params, lifetime)
}

/// The mail to the owner of an address that somebody tried to sign up with.
fn account_exists_mail(app: &App, email: &str) -> Message {
    let params = json!({
        "signup_url": frontend_url(app, "account_signup", "/accounts/signup/", ""),
        "password_reset_url": frontend_url(app, "account_reset_password", "/accounts/password/reset/", ""),
    });
    Message::mail(app, "account_already_exists", email, params, 86_400)
}

/// People who have never been in are welcomed.
fn confirmation_kind(user: &User) -> &'static str {
    if user.last_login.is_none() { "email_confirmation_signup" } else { "email_confirmation" }
}

/// A page of the frontend: from the settings alone, never from a request.
fn frontend_url(app: &App, name: &str, fallback: &str, key: &str) -> String {
    let template = app.settings.headless.frontend_urls.get(name).map_or(fallback, String::as_str);
    let url = template.replace("{key}", key);
    match app.settings.service.public_url.join(&url) {
        Ok(absolute) if url.starts_with('/') => absolute.into(),
        _ => url,
    }
}
