//! The API of django-jwt-allauth: logins that end in signed tokens, and links that carry capabilities.
//!
//! A handler asks who calls where it needs to know, reads the fields that it wants, calls one operation of
//! [`shared::flow::jwt_api`], and says what came of it in the words of that package. It checks things in the order in
//! which that does, since clients see it: the caller, then the method, then the body.

mod body;
mod caller;
mod dialect;
mod fields;
mod guard;
mod invitation;
mod login;
mod lost;
mod mfa;
mod page;
mod password;
mod registration;
mod reset;
mod sessions;
mod token;
mod user;
mod words;

use axum::http::Method;
use dialect::Jwt;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, Mount, endpoint};
use shared::settings::{JwtApiSettings, Settings};
use std::future::Future;

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

/// Where this API lies.
const MOUNT: Mount = Mount { usual: JwtApiSettings::USUAL_PREFIX, chosen: |settings| settings.jwt_api.prefix.as_str() };
/// Where nothing lies but the page that invitations lead to: the reference sends people there without its prefix.
const BARE: Mount = Mount { usual: "", chosen: |_| "" };

/// Whether the API is served.
fn is_on(settings: &Settings) -> bool {
    settings.jwt_api.is_on()
}

/// Whether people log in and sign up here: the API has no third-party identities, which may be the only way in.
fn with_accounts(settings: &Settings) -> bool {
    settings.jwt_api.is_on() && !settings.social.only
}

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const BOTH: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
    const USER: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::PATCH];
    vec![
        api("/login/", POST, login::login).only_if(with_accounts),
        api("/logout/", BOTH, sessions::logout).only_if(is_on),
        api("/logout-all/", BOTH, sessions::logout_all).only_if(is_on),
        api("/mfa/activate/", POST, mfa::activate).only_if(is_on),
        api("/mfa/authenticators/", GET, mfa::list).only_if(is_on),
        api("/mfa/deactivate/", POST, mfa::deactivate).only_if(is_on),
        api("/mfa/setup/", POST, mfa::setup).only_if(is_on),
        api("/mfa/verify/", POST, mfa::verify).only_if(with_accounts),
        api("/mfa/verify-recovery/", POST, mfa::verify_recovery).only_if(with_accounts),
        api("/password/change/", POST, password::change).only_if(with_accounts),
        api("/password/reset/", POST, reset::request).only_if(with_accounts),
        api("/password/reset/complete/", GET, reset::complete_page).only_if(with_accounts),
        api("/password/reset/confirm/{uid}/{token}/", GET, reset::confirm).only_if(acts_at_once),
        api("/password/reset/confirm/{uid}/{token}/", BOTH, reset::confirm).only_if(asks_first),
        api("/password/reset/default/", GET, reset::default_page).only_if(with_accounts),
        endpoint(Jwt::Cookie, MOUNT, "/password/reset/set-new/", POST, reset::set_new).only_if(with_accounts),
        api("/refresh/", POST, sessions::refresh).only_if(is_on),
        api("/registration/", POST, registration::register).only_if(with_accounts),
        api("/registration/account_email_verification_sent/", GET, registration::sent_page).only_if(with_accounts),
        endpoint(Jwt::Cookie, MOUNT, "/registration/set-password/", POST, invitation::set_password)
            .only_if(with_accounts),
        api("/registration/set-password/default/", GET, invitation::default_page).only_if(with_accounts),
        endpoint(Jwt::Bearer, BARE, invitation::DEFAULT_PAGE, GET, invitation::default_page)
            .only_if(|settings| with_accounts(settings) && !settings.jwt_api.prefix.as_str().is_empty()),
        api("/registration/user-register/", POST, invitation::invite).only_if(with_accounts),
        api("/registration/verification/{key}/", GET, registration::verify).only_if(acts_at_once),
        api("/registration/verification/{key}/", BOTH, registration::verify).only_if(asks_first),
        api("/registration/verified/", GET, registration::verified_page).only_if(with_accounts),
        api("/user/", USER, user::user).only_if(is_on),
        api("/{*path}", &[], lost::lost)
            .only_if(|settings| settings.jwt_api.is_on() && !settings.jwt_api.prefix.as_str().is_empty()),
    ]
}

fn asks_first(settings: &Settings) -> bool {
    with_accounts(settings) && settings.jwt_api.links_ask_first
}

fn acts_at_once(settings: &Settings) -> bool {
    with_accounts(settings) && !settings.jwt_api.links_ask_first
}

/// An endpoint below the prefix that asks for access tokens, where it asks for anything.
fn api<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    endpoint(Jwt::Bearer, MOUNT, path, methods, handler)
}
