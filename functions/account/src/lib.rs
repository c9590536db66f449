//! The endpoints for the user's account data: email addresses, phone number, password and sessions.

mod description;
mod email;
mod password;
mod phone;
mod sessions;

pub use description::operations;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Condition;

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    const EMAIL: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    vec![
        handler("account/email", EMAIL, email::email).only_if(Condition::Accounts),
        handler("account/password/change", &[Method::POST], password::change)
            .body_first(&["new_password"])
            .only_if(Condition::Accounts),
        handler("account/phone", &[Method::GET, Method::POST], phone::phone)
            .body_first(&["phone"])
            .only_if(Condition::Accounts),
        handler("auth/sessions", &[Method::GET, Method::DELETE], sessions::sessions).only_if(Condition::UserSessions),
    ]
}
