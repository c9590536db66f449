//! Resetting a forgotten password: the mail, its link, the pages, and the new password.

use crate::call::Call;
use crate::fields::{Fields, missing};
use crate::login::entered;
use crate::page;
use crate::password::PASSWORD;
use crate::reply::{Fault, Reply};
use crate::token;
use axum::http::Method;
use serde_json::json;
use shared::account::User;
use shared::flow::Refusal;
use shared::flow::jwt_api::{Entry, reset as flow};
use shared::ticket::Purpose;

/// `POST password/reset/`: mails a link.
pub async fn request(call: Call) -> Result<Reply, Fault> {
    const MOST: usize = 254;
    call.find_access().await?;
    call.allow(&Method::POST)?;
    let mut fields = Fields::new(call.fields()?);
    let email = fields.email("email", 0);
    fields.check()?;
    let email = email.ok_or_else(missing)?;
    let length = email.chars().count();
    if length > MOST {
        // One level deeper than other mistakes: there a second form looks at it.
        let message = format!("Ensure this value has at most {MOST} characters (it has {length}).");
        return Err(Reply::json(400, json!({"email": {"email": [message]}})).into());
    }
    match flow::request(call.context(), &email).await {
        Ok(()) => Ok(Reply::detail(200, "Password reset e-mail has been sent.")),
        Err(Refusal::RateLimited(seconds)) => {
            let reply = Reply::detail(429, "Too many password reset requests for this e-mail address.");
            Err(reply.with_header("retry-after", &seconds.to_string()).into())
        }
        Err(other) => Err(other.into()),
    }
}

/// `GET password/reset/confirm/{uid}/{token}/`, or `POST` with `LATCHKEY_LINKS_ASK_FIRST`: exchanges the link, once, for
/// a capability in a cookie, and sends the browser to where the new password is chosen.
pub async fn confirm(call: Call) -> Result<Reply, Fault> {
    if let Some(reply) = call.before_acting()? {
        return Ok(reply);
    }
    let [uid, token] = call.last_parts();
    match flow::confirm(call.context(), uid, token).await {
        Ok((user, text)) => {
            let page = call.app().settings.jwt_api.password_reset_redirect.clone();
            let page = page.unwrap_or_else(|| page::path(call.app(), "/password/reset/default/"));
            hand_over(&call, Purpose::ResetCapability, &user, &text, &page)
        }
        Err(Refusal::InvalidToken) => Ok(Reply::html(200, page::reset_link_is_over())),
        Err(other) => Err(other.into()),
    }
}

/// Sends a browser on with a capability, and the CSRF cookie that it is of no use without.
///
/// # Errors
/// The capability could not be signed.
pub fn hand_over(call: &Call, purpose: Purpose, user: &User, text: &str, to: &str) -> Result<Reply, Fault> {
    let cookie = token::capability(call.app(), purpose, user, text)?;
    let csrf = call.app().settings.jwt_api.capability_cookie_csrf.then(|| call.exchange().csrf().1).flatten();
    Ok(Reply::redirect(to).with_cookie(cookie).with_cookie(csrf))
}

/// `GET password/reset/default/`: the form, where no page of the frontend has it.
pub async fn default_page(call: Call) -> Result<Reply, Fault> {
    if call.app().settings.jwt_api.password_reset_redirect.is_some() {
        return Ok(Reply::nowhere());
    }
    call.find_access().await?;
    call.allow(&Method::GET)?;
    if !token::has_capability(call.exchange(), Purpose::ResetCapability) {
        return Ok(Reply::html(200, page::reset_link_is_over()));
    }
    let to = page::path(call.app(), "/password/reset/set-new/");
    let done = page::path(call.app(), "/password/reset/complete/");
    Ok(page::form(&call, "Reset Password", "Choose a new password", &to, &done))
}

/// `GET password/reset/complete/`.
pub async fn complete_page(call: Call) -> Result<Reply, Fault> {
    if call.app().settings.jwt_api.password_reset_redirect.is_some() {
        return Ok(Reply::nowhere());
    }
    call.allow(&Method::GET)?;
    Ok(Reply::html(200, page::reset_complete()))
}

/// `POST password/reset/set-new/`: exchanges the capability, once, for a new password. Whoever has a second factor has
/// to show it, as at a login.
pub async fn set_new(call: Call) -> Result<Reply, Fault> {
    let entry = redeem(&call, Purpose::ResetCapability).await?;
    entered(&call, 200, entry, Some("Password reset."))
}

/// Exchanges a capability for the password in the body. Whatever is wrong with the fields uses the capability up; a
/// request that is not from a page of ours, or cannot be read at all, does not.
///
/// # Errors
/// 401 without a capability, 403 for a request from elsewhere, 400 for the body.
pub async fn redeem(call: &Call, purpose: Purpose) -> Result<Entry, Fault> {
    let capability = token::read_capability(call.exchange(), purpose).ok_or_else(Reply::anonymous)?;
    if call.app().settings.jwt_api.capability_cookie_csrf && !call.exchange().is_from_our_page() {
        return Err(Reply::detail(403, "CSRF Failed: CSRF token missing or incorrect.").into());
    }
    call.allow(&Method::POST)?;
    call.data()?;
    let (passwords, unfit) = match read_passwords(call) {
        Ok(passwords) => (Some(passwords), None),
        Err(fault) => (None, Some(fault)),
    };
    let redeemed = flow::redeem(call.context(), purpose, &capability, passwords).await;
    redeemed.map_err(|refusal| match (refusal, unfit) {
        (Refusal::Invalid(_), Some(fault)) => fault,
        (other, _) => other.into(),
    })
}

fn read_passwords(call: &Call) -> Result<(String, String), Fault> {
    let mut fields = Fields::new(call.fields()?);
    let first = fields.text("new_password1", PASSWORD);
    let second = fields.text("new_password2", PASSWORD);
    fields.check()?;
    first.zip(second).ok_or_else(missing)
}
