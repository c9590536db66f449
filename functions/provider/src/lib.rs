//! Third-party identities: redirect to a provider and callback, tokens of providers, signup and connected accounts.

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

/// The path that providers redirect browsers to.
const CALLBACK: &str = "/accounts/{provider}/login/callback/";
/// The same path for OpenID Connect: the first segment is `SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX`.
const OPENID_CALLBACK: &str = "/accounts/{provider}/{id}/login/callback/";

const GET_POST: &[Method] = &[Method::GET, Method::POST];

/// Returns the endpoints of this function.
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

/// A callback endpoint at this path. It accepts requests from other sites, because Apple posts its response from its
/// own page.
fn callback_at(path: &'static str) -> Endpoint {
    handler(path, GET_POST, callback::callback).only_if(Condition::Providers).login_endpoint().from_anywhere()
}
