//! Reset of a forgotten password: the mail, its link, the pages and the new password.

use crate::body;
use crate::caller;
use crate::fields::Fields;
use crate::guard;
use crate::login::login_response;
use crate::page;
use crate::respond;
use crate::responses::Detail;
use crate::rules::{Body, Given, LongEmail, Password, body};
use crate::token;
use axum::http::header;
use schemars::JsonSchema;
use serde::Serialize;
use shared::account::User;
use shared::flow::Refusal;
use shared::flow::jwt_api::{LoginState, reset as flow};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::ticket::Purpose;

body! {
    /// The account whose password to reset.
    PasswordReset as "PasswordReset" {
        /// The email address.
        email: Given<LongEmail>;
    }
}

body! {
    /// A password, in exchange for a capability.
    SetPassword as "SetPassword" {
        /// The new password.
        new_password1: Given<Password>;
        /// The new password again.
        new_password2: Given<Password>;
    }
}

/// The problem of an address that is too long. It is one level deeper than other problems, because the reference checks
/// the length in a second form.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JwtEmailTooLong")]
pub struct EmailTooLong {
    email: NestedEmail,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct NestedEmail {
    email: [String; 1],
}

/// `POST password/reset/`: sends a mail with a link.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    const MOST: usize = LongEmail::MOST;
    caller::find_access(&request).await?;
    let mut fields = Fields::read(&request)?;
    let body = PasswordReset::read(&mut fields, &request.app.settings);
    fields.check()?;
    let email = body.email.get()?;
    let length = email.chars().count();
    if length > MOST {
        let message = format!("Ensure this value has at most {MOST} characters (it has {length}).");
        return Err(ApiResponse::of(400, &EmailTooLong { email: NestedEmail { email: [message] } }).into());
    }
    match flow::request(request.context(), &email).await {
        Ok(()) => Ok(ApiResponse::of(200, &Detail { detail: "Password reset e-mail has been sent." })),
        Err(Refusal::RateLimited(seconds)) => {
            let reply = respond::detail(429, "Too many password reset requests for this e-mail address.");
            Err(reply.with_header(header::RETRY_AFTER, &seconds.to_string()).into())
        }
        Err(other) => Err(other.into()),
    }
}

/// `GET password/reset/confirm/{uid}/{token}/`, or `POST` with `LATCHKEY_LINKS_ASK_FIRST`: exchanges the link, which
/// works once, for a capability in a cookie, and redirects to the page for the new password.
pub async fn confirm(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    if let Some(reply) = guard::before_acting(&request)? {
        return Ok(reply);
    }
    let [uid, token] = request.last_parts();
    match flow::confirm(request.context(), uid, token).await {
        Ok((user, text)) => {
            let page = request.app.settings.jwt_api.password_reset_redirect.clone();
            let page = page.unwrap_or_else(|| page::path(&request.app, "/password/reset/default/"));
            hand_over(&request, Purpose::ResetCapability, &user, &text, &page)
        }
        Err(Refusal::InvalidToken) => Ok(ApiResponse::html(200, page::reset_link_expired())),
        Err(other) => Err(other.into()),
    }
}

/// Redirects to a page with a capability in a cookie, and with the CSRF cookie that the capability requires.
///
/// # Errors
/// The capability cannot be signed.
pub fn hand_over(
    request: &ApiRequest,
    purpose: Purpose,
    user: &User,
    text: &str,
    to: &str,
) -> Result<ApiResponse, ApiError> {
    let cookie = token::capability(&request.app, purpose, user, text)?;
    let csrf = request.app.settings.jwt_api.capability_cookie_csrf.then(|| request.csrf().1).flatten();
    Ok(respond::redirect(to).with_cookie(cookie).with_cookie(csrf))
}

/// `GET password/reset/default/`: the form for the new password, for services whose frontend has no such page.
pub async fn default_page(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    caller::find_access(&request).await?;
    if !token::has_capability(&request, Purpose::ResetCapability) {
        return Ok(ApiResponse::html(200, page::reset_link_expired()));
    }
    let to = page::path(&request.app, "/password/reset/set-new/");
    let done = page::path(&request.app, "/password/reset/complete/");
    Ok(page::form(&request, "Reset Password", "Choose a new password", &to, &done))
}

/// `GET password/reset/complete/`: the page after a reset.
pub async fn complete_page(_: ApiRequest) -> Result<ApiResponse, ApiError> {
    Ok(ApiResponse::html(200, page::reset_complete()))
}

/// `POST password/reset/set-new/`: exchanges the capability, which works once, for a new password. A user with a second
/// factor must show it afterwards, as at a login.
pub async fn set_new(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let state = redeem(&request, Purpose::ResetCapability).await?;
    login_response(&request, 200, state, Some("Password reset."))
}

/// Exchanges a capability for the password in the body. Invalid fields also use up the capability. A request from a
/// foreign page and a body that cannot be parsed do not.
///
/// # Errors
/// 401 without a capability, 403 for a request from a foreign page, 400 for an invalid body.
pub async fn redeem(request: &ApiRequest, purpose: Purpose) -> Result<LoginState, ApiError> {
    let capability = token::read_capability(request, purpose).ok_or_else(respond::anonymous)?;
    if request.app.settings.jwt_api.capability_cookie_csrf && !request.passes_csrf_check() {
        return Err(respond::detail(403, "CSRF Failed: CSRF token missing or incorrect.").into());
    }
    body::data(request)?;
    let (passwords, unfit) = match read_passwords(request) {
        Ok(passwords) => (Some(passwords), None),
        Err(fault) => (None, Some(fault)),
    };
    let redeemed = flow::redeem(request.context(), purpose, &capability, passwords).await;
    redeemed.map_err(|refusal| match (refusal, unfit) {
        (Refusal::Invalid(_), Some(fault)) => fault,
        (other, _) => other.into(),
    })
}

fn read_passwords(request: &ApiRequest) -> Result<(String, String), ApiError> {
    let mut fields = Fields::read(request)?;
    let body = SetPassword::read(&mut fields, &request.app.settings);
    fields.check()?;
    Ok((body.new_password1.get()?, body.new_password2.get()?))
}
