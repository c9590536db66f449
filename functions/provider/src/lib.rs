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

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const GET_POST: &[Method] = &[Method::GET, Method::POST];
    vec![
        handler("account/providers", &[Method::GET, Method::DELETE], connections::connections)
            .only_if(Condition::Providers),
        handler("auth/provider/redirect", &[Method::POST], redirect::redirect).only_if(Condition::Providers),
        handler("auth/provider/signup", GET_POST, signup::signup).only_if(Condition::Providers),
        handler("auth/provider/token", &[Method::POST], token::token).only_if(Condition::Providers).entrance(),
        // What comes back from providers; Apple posts it from its own page.
        handler("/accounts/{*path}", GET_POST, callback::callback)
            .only_if(Condition::Providers)
            .entrance()
            .from_anywhere(),
    ]
}
