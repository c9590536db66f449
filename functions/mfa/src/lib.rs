//! The endpoints for second factors and passkeys: setup, login and reauthentication.

mod authenticators;
mod challenge;
mod description;
mod webauthn;

pub use description::operations;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Condition;

const POST: &[Method] = &[Method::POST];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    const TOTP: &[Method] = &[Method::GET, Method::POST, Method::DELETE];
    const KEYS: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::DELETE];
    const GET_POST: &[Method] = &[Method::GET, Method::POST];
    const SIGNUP: &[Method] = &[Method::GET, Method::POST, Method::PUT];
    const CODES: &[Method] = &[Method::GET, Method::POST];
    vec![
        handler("account/authenticators", &[Method::GET], authenticators::list).only_if(Condition::SecondFactors),
        handler("account/authenticators/recovery-codes", CODES, authenticators::recovery_codes)
            .only_if(Condition::RecoveryCodes),
        // The spelling in the first published description of the API.
        handler("account/authenticators/recovery_codes", CODES, authenticators::recovery_codes)
            .only_if(Condition::RecoveryCodes),
        handler("account/authenticators/totp", TOTP, authenticators::totp).only_if(Condition::Totp),
        handler("account/authenticators/webauthn", KEYS, webauthn::manage).only_if(Condition::SecurityKeys),
        handler("auth/2fa/authenticate", POST, challenge::authenticate)
            .body_first(&["code"])
            .only_if(Condition::SecondFactors)
            .login_endpoint(),
        handler("auth/2fa/reauthenticate", POST, challenge::reauthenticate)
            .body_first(&["code"])
            .only_if(Condition::SecondFactors),
        handler("auth/2fa/trust", POST, challenge::trust).only_if(Condition::TrustedBrowsers).for_browsers(),
        handler("auth/webauthn/authenticate", GET_POST, webauthn::authenticate)
            .only_if(Condition::SecurityKeys)
            .login_endpoint(),
        handler("auth/webauthn/login", GET_POST, webauthn::login).only_if(Condition::PasskeyLogin).login_endpoint(),
        handler("auth/webauthn/reauthenticate", GET_POST, webauthn::reauthenticate).only_if(Condition::SecurityKeys),
        handler("auth/webauthn/signup", SIGNUP, webauthn::signup).only_if(Condition::PasskeySignup),
    ]
}
