//! The API of django-jwt-allauth: logins that end in signed tokens, and links that carry capabilities.
//!
//! A handler asks who calls where it needs to know, reads the fields that it wants, calls one operation of
//! [`shared::flow::jwt_api`], and says what came of it in the words of that package. It checks things in the order in
//! which that does, since clients see it: the caller, then the method, then the body.

mod call;
mod fields;
mod invitation;
mod login;
mod lost;
mod mfa;
mod page;
mod password;
mod registration;
mod reply;
mod reset;
mod sessions;
mod token;
mod user;

use axum::http::Method;
use call::{Call, Scheme, endpoint};
use reply::{Fault, Reply};
use shared::http::{Endpoint, Mount};
use shared::settings::{JwtApiSettings, Settings};
use std::future::Future;

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

/// Where this API lies.
const MOUNT: Mount = Mount { usual: JwtApiSettings::USUAL_PREFIX, chosen: |settings| settings.jwt_api.prefix.as_str() };
/// Where nothing lies but the page that invitations lead to: the reference sends people there without its prefix.
const BARE: Mount = Mount { usual: "", chosen: |_| "" };

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const BOTH: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
    const USER: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::PATCH];
    vec![
        api("/login/", POST, login::login),
        api("/logout/", BOTH, sessions::logout),
        api("/logout-all/", BOTH, sessions::logout_all),
        api("/mfa/activate/", POST, mfa::activate),
        api("/mfa/authenticators/", GET, mfa::list),
        api("/mfa/deactivate/", POST, mfa::deactivate),
        api("/mfa/setup/", POST, mfa::setup),
        api("/mfa/verify/", POST, mfa::verify),
        api("/mfa/verify-recovery/", POST, mfa::verify_recovery),
        api("/password/change/", POST, password::change),
        api("/password/reset/", POST, reset::request),
        api("/password/reset/complete/", GET, reset::complete_page),
        api("/password/reset/confirm/{uid}/{token}/", GET, reset::confirm).only_if(acts_at_once),
        api("/password/reset/confirm/{uid}/{token}/", BOTH, reset::confirm).only_if(asks_first),
        api("/password/reset/default/", GET, reset::default_page),
        endpoint(MOUNT, "/password/reset/set-new/", POST, Scheme::Cookie, reset::set_new),
        api("/refresh/", POST, sessions::refresh),
        api("/registration/", POST, registration::register),
        api("/registration/account_email_verification_sent/", GET, registration::sent_page),
        endpoint(MOUNT, "/registration/set-password/", POST, Scheme::Cookie, invitation::set_password),
        api("/registration/set-password/default/", GET, invitation::default_page),
        endpoint(BARE, invitation::DEFAULT_PAGE, GET, Scheme::Bearer, invitation::default_page)
            .only_if(|settings| !settings.jwt_api.prefix.as_str().is_empty()),
        api("/registration/user-register/", POST, invitation::invite),
        api("/registration/verification/{key}/", GET, registration::verify).only_if(acts_at_once),
        api("/registration/verification/{key}/", BOTH, registration::verify).only_if(asks_first),
        api("/registration/verified/", GET, registration::verified_page),
        api("/user/", USER, user::user),
        api("/{*path}", &[], lost::lost).only_if(|settings| !settings.jwt_api.prefix.as_str().is_empty()),
    ]
}

fn asks_first(settings: &Settings) -> bool {
    settings.jwt_api.links_ask_first
}

fn acts_at_once(settings: &Settings) -> bool {
    !asks_first(settings)
}

/// An endpoint below the prefix that asks for access tokens, where it asks for anything.
fn api<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(Call) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Fault>> + Send + 'static,
{
    endpoint(MOUNT, path, methods, Scheme::Bearer, handler)
}
