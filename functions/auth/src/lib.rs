//! Becoming someone: signup, login, the current session, verification of addresses.

mod email_verify;
mod login;
mod session;
mod signup;

use axum::http::Method;
use shared::http::{Endpoint, handler};

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        handler("auth/email/verify", &[Method::GET, Method::POST], email_verify::verify),
        handler("auth/email/verify/resend", &[Method::POST], email_verify::resend),
        handler("auth/login", &[Method::POST], login::login),
        handler("auth/session", &[Method::GET, Method::DELETE], session::session),
        handler("auth/signup", &[Method::POST], signup::signup),
    ]
}
