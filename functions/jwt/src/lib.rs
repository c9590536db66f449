//! The API of django-jwt-allauth: logins that end in signed tokens, and links that grant capabilities.
//!
//! A handler identifies the caller if it needs to, reads its fields, calls one operation of [`shared::flow::jwt_api`],
//! and formats the outcome as that package does. It checks the caller before the body, in the same order as that
//! package, because clients can see the order. The router has already checked the method.

mod body;
mod caller;
mod description;
mod dialect;
mod fields;
mod guard;
mod invitation;
mod login;
mod mfa;
mod not_found;
mod page;
mod password;
mod registration;
mod reset;
mod respond;
mod responses;
mod rules;
mod sessions;
mod token;
mod user;

pub use description::operations;

use axum::http::Method;
use dialect::Jwt;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, endpoint};
use shared::settings::{Condition, Mount};
use shared::ticket::Purpose;
use std::future::Future;

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    const BOTH: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
    const USER: &[Method] = &[Method::GET, Method::HEAD, Method::PATCH];
    const USER_PUT: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::PATCH];
    const RESET: Jwt = Jwt::Capability(Purpose::ResetCapability);
    const SET: Jwt = Jwt::Capability(Purpose::SetCapability);
    use Jwt::{Link, Open, Optional, User};
    vec![
        api(Open, "/login/", POST, login::login).only_if(Condition::JwtAccounts),
        api(User, "/logout/", POST, sessions::logout).announcing(BOTH).only_if(Condition::Jwt),
        api(User, "/logout-all/", POST, sessions::logout_all).announcing(BOTH).only_if(Condition::Jwt),
        api(User, "/mfa/activate/", POST, mfa::activate).only_if(Condition::Jwt),
        api(User, "/mfa/authenticators/", GET, mfa::list).only_if(Condition::Jwt),
        api(User, "/mfa/deactivate/", POST, mfa::deactivate).only_if(Condition::Jwt),
        api(User, "/mfa/setup/", POST, mfa::setup).only_if(Condition::Jwt),
        api(Optional, "/mfa/verify/", POST, mfa::verify).only_if(Condition::JwtAccounts),
        api(Optional, "/mfa/verify-recovery/", POST, mfa::verify_recovery).only_if(Condition::JwtAccounts),
        api(User, "/password/change/", POST, password::change).only_if(Condition::JwtAccounts),
        api(Optional, "/password/reset/", POST, reset::request).only_if(Condition::JwtAccounts),
        api(Open, "/password/reset/complete/", GET, reset::complete_page).only_if(Condition::JwtResetPages),
        api(Open, "/password/reset/confirm/{uid}/{token}/", GET, reset::confirm).only_if(Condition::JwtResetLinks),
        api(Open, "/password/reset/confirm/{uid}/{token}/", BOTH, reset::confirm).only_if(Condition::JwtResetLinksAsk),
        api(Optional, "/password/reset/default/", GET, reset::default_page).only_if(Condition::JwtResetPages),
        api(RESET, "/password/reset/set-new/", POST, reset::set_new).only_if(Condition::JwtAccounts),
        api(Open, "/refresh/", POST, sessions::refresh).only_if(Condition::Jwt),
        api(Optional, "/registration/", POST, registration::register).only_if(Condition::JwtRegistration),
        api(Open, "/registration/account_email_verification_sent/", GET, registration::sent_page)
            .only_if(Condition::JwtRegistrationVerifies),
        api(SET, "/registration/set-password/", POST, invitation::set_password).only_if(Condition::JwtInvitations),
        api(Optional, invitation::DEFAULT_PAGE, GET, invitation::default_page).only_if(Condition::JwtInvitationPage),
        // The reference redirects to this page without its prefix.
        endpoint(Optional, Mount::Root, invitation::DEFAULT_PAGE, GET, invitation::default_page)
            .only_if(Condition::JwtInvitationPageBelowPrefix),
        api(User, "/registration/user-register/", POST, invitation::invite).only_if(Condition::JwtInvitations),
        api(Link, "/registration/verification/{key}/", GET, registration::verify)
            .only_if(Condition::JwtVerificationLinks),
        api(Link, "/registration/verification/{key}/", BOTH, registration::verify)
            .only_if(Condition::JwtVerificationLinksAsk),
        api(Open, "/registration/verified/", GET, registration::verified_page).only_if(Condition::JwtVerifiedPage),
        api(User, "/user/", USER, user::user).only_if(Condition::JwtUserPatch),
        api(User, "/user/", USER_PUT, user::user).only_if(Condition::JwtUserPut),
        api(Open, "/{*path}", &[], not_found::not_found).for_any_method().only_if(Condition::JwtBelowPrefix),
    ]
}

/// Returns an endpoint below the prefix. The dialect names the credential that the endpoint checks.
fn api<F, R>(dialect: Jwt, path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    endpoint(dialect, Mount::Jwt, path, methods, handler)
}
