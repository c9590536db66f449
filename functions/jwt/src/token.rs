//! The tokens in this API's responses and cookies. [`shared::tokens::jwt_api`] defines their claims.

use crate::respond::{self, Code};
use axum::http::HeaderValue;
use cookie::{Cookie, time::Duration};
use shared::account::User;
use shared::app::App;
use shared::flow::Refusal;
use shared::flow::jwt_api::is_email_verified;
use shared::http::{ApiError, ApiRequest};
use shared::jwt::KeyError;
use shared::session::Session;
use shared::settings::{MaxAge, SameSite};
use shared::ticket::Purpose;
use shared::tokens::jwt_api as tokens;

pub use shared::jwt::api_token::{ApiTokenError, Kind};
pub use tokens::{Access, Refresh, read};

/// The name of the cookie with the refresh token.
pub const REFRESH_COOKIE: &str = "refresh_token";

fn unsigned(error: &KeyError) -> ApiError {
    tracing::error!(%error, "token could not be signed");
    respond::unavailable().into()
}

/// Reads a refresh token.
///
/// # Errors
/// 401 with the reason.
pub fn read_refresh(app: &App, token: &str) -> Result<Refresh, ApiError> {
    let refused = |why: &str| ApiError::from(respond::coded(401, why, Code::TokenNotValid));
    let read = tokens::read_refresh(app, token).map_err(|error| refused(&error.to_string()))?;
    read.ok_or_else(|| refused("Token is invalid or expired"))
}

/// Returns the access token and the refresh token of a session.
///
/// # Errors
/// The tokens cannot be signed.
pub fn pair(app: &App, user: &User, session: &Session) -> Result<(String, String), ApiError> {
    let Some(bearer) = &session.bearer else { return Err(Refusal::InvalidToken.into()) };
    let verified = is_email_verified(&app.settings, user, None);
    tokens::pair(app, user, session, bearer, verified).map_err(|error| unsigned(&error))
}

/// Returns the name of the cookie of a capability.
fn capability_cookie(purpose: Purpose) -> &'static str {
    if purpose == Purpose::SetCapability { "set_password_access_token" } else { "password_reset_access_token" }
}

/// Returns the cookie with a capability as a signed token.
///
/// # Errors
/// The token cannot be signed.
pub fn capability(app: &App, purpose: Purpose, user: &User, text: &str) -> Result<Option<HeaderValue>, ApiError> {
    let settings = &app.settings.jwt_api;
    let token = tokens::capability(app, purpose, user, text).map_err(|error| unsigned(&error))?;
    let (http_only, secure, same_site, age) = match purpose {
        Purpose::SetCapability => (
            settings.set_cookie_http_only,
            settings.set_cookie_secure,
            settings.set_cookie_same_site,
            settings.set_cookie_max_age,
        ),
        _ => (
            settings.reset_cookie_http_only,
            settings.reset_cookie_secure,
            settings.reset_cookie_same_site,
            settings.reset_cookie_max_age,
        ),
    };
    let cookie = Cookie::build((capability_cookie(purpose), token)).path("/").http_only(http_only).secure(secure);
    Ok(finish(app, cookie.max_age(Duration::seconds(age)).build(), same_site))
}

/// Returns whether the request has a cookie for this kind of capability. It may be invalid.
pub fn has_capability(request: &ApiRequest, purpose: Purpose) -> bool {
    request.cookie(capability_cookie(purpose)).is_some()
}

/// Returns the capability in the request's cookie, if it is valid for this purpose.
pub fn read_capability(request: &ApiRequest, purpose: Purpose) -> Option<String> {
    tokens::read_capability(&request.app, purpose, &request.cookie(capability_cookie(purpose))?)
}

/// Returns the cookie with a refresh token.
pub fn refresh_cookie(app: &App, token: &str) -> Option<HeaderValue> {
    let settings = &app.settings.jwt_api;
    let cookie = Cookie::build((REFRESH_COOKIE, token.to_owned()))
        .path(settings.refresh_cookie_path.clone())
        .http_only(settings.refresh_cookie_http_only)
        .secure(true);
    let cookie = match settings.refresh_cookie_max_age {
        MaxAge::OfToken => cookie.max_age(Duration::seconds(settings.refresh_token_lifetime)),
        MaxAge::Browser => cookie,
        MaxAge::Seconds(seconds) => cookie.max_age(Duration::seconds(seconds)),
    };
    finish(app, cookie.build(), settings.refresh_cookie_same_site)
}

fn finish(app: &App, mut cookie: Cookie<'static>, same_site: SameSite) -> Option<HeaderValue> {
    match same_site {
        SameSite::Lax => cookie.set_same_site(cookie::SameSite::Lax),
        SameSite::Strict => cookie.set_same_site(cookie::SameSite::Strict),
        SameSite::None => cookie.set_same_site(cookie::SameSite::None),
        SameSite::Omitted => {}
    }
    if app.settings.cookies.partitioned {
        cookie.set_partitioned(true);
    }
    HeaderValue::from_str(&cookie.to_string()).ok()
}
