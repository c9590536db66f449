//! The flat API: one endpoint for each thing that people do, JSON without envelopes, and bearer tokens.
//!
//! It is the API that the examples of the Python package's page are written for. A handler reads the fields that it
//! wants, calls one operation of [`shared::flow`], and says what came of it in the words of those examples. No cookie
//! is read or set.

mod caller;
mod dialect;
mod email;
mod login;
mod mfa;
mod password;
mod providers;
mod signup;
mod user;
mod words;

use axum::http::Method;
use dialect::Flat;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, Mount};
use shared::settings::{FlatSettings, Settings};
use std::future::Future;

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];

/// Where this API lies.
const MOUNT: Mount = Mount { usual: FlatSettings::USUAL_PREFIX, chosen: |settings| settings.flat.prefix.as_str() };

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const EITHER: &[Method] = &[Method::GET, Method::POST];
    let is_on = |settings: &Settings| settings.flat.is_on();
    let with_accounts = |settings: &Settings| settings.flat.is_on() && !settings.social.only;
    let with_social = |settings: &Settings| settings.flat.is_on() && settings.social.enabled;
    let with_totp = |settings: &Settings| settings.flat.is_on() && settings.mfa.supports("totp");
    vec![
        endpoint("/email/verify/", POST, email::verify).only_if(with_accounts),
        endpoint("/login/", POST, login::login).entrance().only_if(with_accounts),
        endpoint("/logout/", POST, user::logout).only_if(is_on),
        endpoint("/mfa/authenticate/", POST, mfa::authenticate)
            .entrance()
            .only_if(|settings| settings.flat.is_on() && settings.mfa.enabled),
        endpoint("/mfa/totp/add/", POST, mfa::add).only_if(with_totp),
        endpoint("/mfa/totp/confirm/", POST, mfa::confirm).only_if(with_totp),
        endpoint("/password/change/", POST, password::change).only_if(with_accounts),
        endpoint("/password/reset/", POST, password::request).only_if(with_accounts),
        endpoint("/password/reset/confirm/", POST, password::reset).only_if(with_accounts),
        endpoint("/providers/", GET, providers::list).only_if(with_social),
        // Providers send people there where no page of a client is named; Apple posts a form.
        endpoint("/providers/{provider}/callback/", EITHER, providers::callback).entrance().only_if(with_social),
        endpoint("/providers/{provider}/redirect/", POST, providers::redirect).only_if(with_social),
        endpoint("/providers/{provider}/token/", POST, providers::token).entrance().only_if(with_social),
        endpoint("/signup/", POST, signup::signup).only_if(with_accounts),
        endpoint("/user/", GET, user::user).only_if(is_on),
    ]
}

/// An endpoint of this API.
fn endpoint<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    shared::http::endpoint(Flat, MOUNT, path, methods, handler)
}
