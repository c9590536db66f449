//! Third-party identities: the way to a provider and back, tokens of providers, signing up and connecting.

mod callback;
mod connections;
mod description;
mod redirect;
mod signup;
mod token;

pub use callback::error_of;
pub use description::operations;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Condition;

/// Where providers send people back to.
const CALLBACK: &str = "/accounts/{provider}/login/callback/";
/// The same for OpenID Connect: the first segment is `SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX`.
const OPENID_CALLBACK: &str = "/accounts/{provider}/{id}/login/callback/";

const GET_POST: &[Method] = &[Method::GET, Method::POST];

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        handler("account/providers", &[Method::GET, Method::DELETE], connections::connections)
            .only_if(Condition::Providers),
        handler("auth/provider/redirect", &[Method::POST], redirect::redirect).only_if(Condition::Providers),
        handler("auth/provider/signup", GET_POST, signup::signup).only_if(Condition::Providers),
        handler("auth/provider/token", &[Method::POST], token::token).only_if(Condition::Providers).login_endpoint(),
        callback_at(CALLBACK),
        callback_at(OPENID_CALLBACK),
    ]
}

/// Where providers send people back to. Apple posts its response from its own page.
fn callback_at(path: &'static str) -> Endpoint {
    handler(path, GET_POST, callback::callback).only_if(Condition::Providers).login_endpoint().from_anywhere()
}
