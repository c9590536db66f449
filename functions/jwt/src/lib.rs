//! The API of django-jwt-allauth: logins that end in signed tokens, and links that carry capabilities.
//!
//! A handler asks who calls where it needs to know, reads the fields that it wants, calls one operation of
//! [`shared::flow::jwt_api`], and says what came of it in the words of that package. It checks things in the order in
//! which that does, since clients see it: the caller, then the body. The router has checked the method.

mod body;
mod caller;
mod dialect;
mod fields;
mod guard;
mod invitation;
mod login;
mod lost;
mod mfa;
mod page;
mod password;
mod registration;
mod reset;
mod sessions;
mod token;
mod user;
mod words;

use axum::http::Method;
use dialect::Jwt;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, Mount, endpoint};
use shared::settings::{EmailVerification, JwtApiSettings, Settings};
use shared::ticket::Purpose;
use std::future::Future;

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

/// Where this API lies.
const MOUNT: Mount = Mount { usual: JwtApiSettings::USUAL_PREFIX, chosen: |settings| settings.jwt_api.prefix.as_str() };
/// Where nothing lies but the page that invitations lead to: the reference sends people there without its prefix.
const BARE: Mount = Mount { usual: "", chosen: |_| "" };

/// Whether the API is served.
fn is_on(settings: &Settings) -> bool {
    settings.jwt_api.is_on()
}

/// Whether people log in and sign up here: the API has no third-party identities, which may be the only way in.
fn with_accounts(settings: &Settings) -> bool {
    settings.jwt_api.is_on() && !settings.social.only
}

fn with_registration(settings: &Settings) -> bool {
    with_accounts(settings) && settings.jwt_api.has_registration()
}

fn with_invitations(settings: &Settings) -> bool {
    with_accounts(settings) && settings.jwt_api.has_invitations()
}

fn verifies(settings: &Settings) -> bool {
    settings.account.email_verification != EmailVerification::None
}

/// Whether mailed links lead to `registration/verification/`.
fn with_links(settings: &Settings) -> bool {
    with_accounts(settings) && (settings.jwt_api.has_invitations() || verifies(settings))
}

/// Whether the pages of a reset are ours, and not the frontend's.
fn with_reset_pages(settings: &Settings) -> bool {
    with_accounts(settings) && settings.jwt_api.password_reset_redirect.is_none()
}

/// Whether the page to set a first password is ours.
fn with_invitation_page(settings: &Settings) -> bool {
    with_invitations(settings) && settings.jwt_api.password_set_redirect.is_none()
}

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const BOTH: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
    const USER: &[Method] = &[Method::GET, Method::HEAD, Method::PATCH];
    const USER_PUT: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::PATCH];
    const RESET: Jwt = Jwt::Capability(Purpose::ResetCapability);
    const SET: Jwt = Jwt::Capability(Purpose::SetCapability);
    use Jwt::{Link, Open, Optional, User};
    vec![
        api(Open, "/login/", POST, login::login).only_if(with_accounts),
        api(User, "/logout/", POST, sessions::logout).announcing(BOTH).only_if(is_on),
        api(User, "/logout-all/", POST, sessions::logout_all).announcing(BOTH).only_if(is_on),
        api(User, "/mfa/activate/", POST, mfa::activate).only_if(is_on),
        api(User, "/mfa/authenticators/", GET, mfa::list).only_if(is_on),
        api(User, "/mfa/deactivate/", POST, mfa::deactivate).only_if(is_on),
        api(User, "/mfa/setup/", POST, mfa::setup).only_if(is_on),
        api(Optional, "/mfa/verify/", POST, mfa::verify).only_if(with_accounts),
        api(Optional, "/mfa/verify-recovery/", POST, mfa::verify_recovery).only_if(with_accounts),
        api(User, "/password/change/", POST, password::change).only_if(with_accounts),
        api(Optional, "/password/reset/", POST, reset::request).only_if(with_accounts),
        api(Open, "/password/reset/complete/", GET, reset::complete_page).only_if(with_reset_pages),
        api(Open, "/password/reset/confirm/{uid}/{token}/", GET, reset::confirm)
            .only_if(|settings| with_accounts(settings) && !settings.jwt_api.links_ask_first),
        api(Open, "/password/reset/confirm/{uid}/{token}/", BOTH, reset::confirm)
            .only_if(|settings| with_accounts(settings) && settings.jwt_api.links_ask_first),
        api(Optional, "/password/reset/default/", GET, reset::default_page).only_if(with_reset_pages),
        api(RESET, "/password/reset/set-new/", POST, reset::set_new).only_if(with_accounts),
        api(Open, "/refresh/", POST, sessions::refresh).only_if(is_on),
        api(Optional, "/registration/", POST, registration::register).only_if(with_registration),
        api(Open, "/registration/account_email_verification_sent/", GET, registration::sent_page)
            .only_if(|settings| with_registration(settings) && verifies(settings)),
        api(SET, "/registration/set-password/", POST, invitation::set_password).only_if(with_invitations),
        api(Optional, invitation::DEFAULT_PAGE, GET, invitation::default_page).only_if(with_invitation_page),
        endpoint(Optional, BARE, invitation::DEFAULT_PAGE, GET, invitation::default_page)
            .only_if(|settings| with_invitation_page(settings) && !settings.jwt_api.prefix.as_str().is_empty()),
        api(User, "/registration/user-register/", POST, invitation::invite).only_if(with_invitations),
        api(Link, "/registration/verification/{key}/", GET, registration::verify)
            .only_if(|settings| with_links(settings) && !settings.jwt_api.links_ask_first),
        api(Link, "/registration/verification/{key}/", BOTH, registration::verify)
            .only_if(|settings| with_links(settings) && settings.jwt_api.links_ask_first),
        api(Open, "/registration/verified/", GET, registration::verified_page)
            .only_if(|settings| with_links(settings) && settings.jwt_api.email_verified_redirect.is_none()),
        api(User, "/user/", USER, user::user).only_if(|settings| is_on(settings) && !settings.jwt_api.user_put_enabled),
        api(User, "/user/", USER_PUT, user::user)
            .only_if(|settings| is_on(settings) && settings.jwt_api.user_put_enabled),
        api(Open, "/{*path}", &[], lost::lost)
            .for_any_method()
            .only_if(|settings| is_on(settings) && !settings.jwt_api.prefix.as_str().is_empty()),
    ]
}

/// An endpoint below the prefix, by the credential that it looks at.
fn api<F, R>(dialect: Jwt, path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    endpoint(dialect, MOUNT, path, methods, handler)
}
