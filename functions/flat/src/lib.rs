//! The flat API: one endpoint for each task, JSON without envelopes, and bearer tokens.
//!
//! The API is compatible with the examples on the Python package's page. A handler reads its fields, calls one
//! operation of [`shared::flow`], and formats the outcome as in those examples. The API neither reads nor sets cookies.

mod caller;
mod description;
mod dialect;
mod email;
mod fields;
mod login;
mod mfa;
mod password;
mod providers;
mod respond;
mod responses;
mod signup;
mod user;

pub use description::operations;

use axum::http::Method;
use dialect::Flat;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint};
use shared::settings::{Condition, Mount};
use std::future::Future;

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    const EITHER: &[Method] = &[Method::GET, Method::POST];
    vec![
        endpoint("/email/verify/", POST, email::verify).only_if(Condition::FlatAccounts),
        endpoint("/login/", POST, login::login).login_endpoint().only_if(Condition::FlatAccounts),
        endpoint("/logout/", POST, user::logout).only_if(Condition::Flat),
        endpoint("/mfa/authenticate/", POST, mfa::authenticate).login_endpoint().only_if(Condition::FlatSecondFactors),
        endpoint("/mfa/totp/add/", POST, mfa::add).only_if(Condition::FlatTotp),
        endpoint("/mfa/totp/confirm/", POST, mfa::confirm).only_if(Condition::FlatTotp),
        endpoint("/password/change/", POST, password::change).only_if(Condition::FlatAccounts),
        endpoint("/password/reset/", POST, password::request).only_if(Condition::FlatAccounts),
        endpoint("/password/reset/confirm/", POST, password::reset).only_if(Condition::FlatAccounts),
        endpoint("/providers/", GET, providers::list).only_if(Condition::FlatProviders),
        // Providers redirect here if no page of a client is configured. Apple posts a form.
        endpoint("/providers/{provider}/callback/", EITHER, providers::callback)
            .login_endpoint()
            .only_if(Condition::FlatProviders),
        endpoint("/providers/{provider}/redirect/", POST, providers::redirect).only_if(Condition::FlatProviders),
        endpoint("/providers/{provider}/token/", POST, providers::token)
            .login_endpoint()
            .only_if(Condition::FlatProviders),
        endpoint("/signup/", POST, signup::signup).only_if(Condition::FlatAccounts),
        endpoint("/user/", GET, user::user).only_if(Condition::Flat),
    ]
}

/// Returns an endpoint of this API.
fn endpoint<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    shared::http::endpoint(Flat, Mount::Flat, path, methods, handler)
}
