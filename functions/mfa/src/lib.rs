//! Second factors: setting them up, and showing them.

mod authenticators;
mod challenge;
mod webauthn;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Settings;

const POST: &[Method] = &[Method::POST];

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const TOTP: &[Method] = &[Method::GET, Method::POST, Method::DELETE];
    const KEYS: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::DELETE];
    const GET_POST: &[Method] = &[Method::GET, Method::POST];
    const SIGNUP: &[Method] = &[Method::GET, Method::POST, Method::PUT];
    const CODES: &[Method] = &[Method::GET, Method::POST];
    let enabled = |settings: &Settings| settings.mfa.enabled;
    let with_totp = |settings: &Settings| settings.mfa.supports("totp");
    let with_codes = |settings: &Settings| settings.mfa.supports("recovery_codes");
    let with_keys = |settings: &Settings| settings.mfa.supports("webauthn");
    vec![
        handler("account/authenticators", &[Method::GET], authenticators::list).only_if(enabled),
        handler("account/authenticators/recovery-codes", CODES, authenticators::recovery_codes).only_if(with_codes),
        // As the first published description of the API spells it.
        handler("account/authenticators/recovery_codes", CODES, authenticators::recovery_codes).only_if(with_codes),
        handler("account/authenticators/totp", TOTP, authenticators::totp).only_if(with_totp),
        handler("account/authenticators/webauthn", KEYS, webauthn::manage).only_if(with_keys),
        handler("auth/2fa/authenticate", POST, challenge::authenticate)
            .body_first(&["code"])
            .only_if(enabled)
            .entrance(),
        handler("auth/2fa/reauthenticate", POST, challenge::reauthenticate).body_first(&["code"]).only_if(enabled),
        handler("auth/2fa/trust", POST, challenge::trust)
            .only_if(|settings| settings.mfa.enabled && settings.mfa.trust_enabled)
            .for_browsers(),
        handler("auth/webauthn/authenticate", GET_POST, webauthn::authenticate).only_if(with_keys).entrance(),
        handler("auth/webauthn/login", GET_POST, webauthn::login)
            .only_if(|settings| settings.mfa.has_passkey_login())
            .entrance(),
        handler("auth/webauthn/reauthenticate", GET_POST, webauthn::reauthenticate).only_if(with_keys),
        handler("auth/webauthn/signup", SIGNUP, webauthn::signup).only_if(|settings| settings.mfa.has_passkey_signup()),
    ]
}
