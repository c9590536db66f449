//! Being someone: one's addresses, phone, password and sessions.

mod email;
mod password;
mod phone;
mod sessions;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Settings;

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const EMAIL: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let with_accounts = |settings: &Settings| !settings.social.only;
    vec![
        handler("account/email", EMAIL, email::email).only_if(with_accounts),
        handler("account/password/change", &[Method::POST], password::change)
            .body_first(&["new_password"])
            .only_if(with_accounts),
        handler("account/phone", &[Method::GET, Method::POST], phone::phone)
            .body_first(&["phone"])
            .only_if(with_accounts),
        handler("auth/sessions", &[Method::GET, Method::DELETE], sessions::sessions)
            .only_if(|settings| settings.user_sessions.enabled),
    ]
}
