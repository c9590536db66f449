//! The endpoints of logging in: signup, login, codes, verification, password reset, the current session.

mod code;
mod description;
mod email_verify;
mod login;
mod password;
mod phone_verify;
mod reauthenticate;
mod session;
mod signup;
mod tokens;

pub use description::operations;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Condition;

const GET_POST: &[Method] = &[Method::GET, Method::POST];
const POST: &[Method] = &[Method::POST];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        handler("auth/code/confirm", POST, code::confirm).body_first(&["code"]).login_endpoint(),
        handler("auth/code/request", POST, code::request).only_if(Condition::LoginByCode),
        handler("auth/code/resend", POST, code::resend).only_if(Condition::LoginByCode),
        handler("auth/email/verify", GET_POST, email_verify::verify).body_first(&["key"]).only_if(Condition::Accounts),
        handler("auth/email/verify/resend", POST, email_verify::resend).only_if(Condition::Accounts),
        handler("auth/login", POST, login::login).only_if(Condition::Accounts).login_endpoint(),
        handler("auth/password/request", POST, password::request).only_if(Condition::Accounts),
        handler("auth/password/reset", GET_POST, password::reset)
            .body_first(&["key", "password"])
            .only_if(Condition::Accounts),
        handler("auth/phone/verify", POST, phone_verify::verify).body_first(&["code"]).only_if(Condition::Accounts),
        handler("auth/phone/verify/resend", POST, phone_verify::resend).only_if(Condition::Accounts),
        handler("auth/reauthenticate", POST, reauthenticate::reauthenticate).body_first(&["password"]),
        handler("auth/session", &[Method::GET, Method::DELETE], session::session),
        handler("auth/signup", POST, signup::signup).only_if(Condition::Accounts),
        handler("tokens/refresh", POST, tokens::refresh).body_first(&["refresh_token"]).for_apps(),
    ]
}
