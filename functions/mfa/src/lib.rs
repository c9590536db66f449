//! Second factors: setting them up, and showing them.

mod authenticators;
mod challenge;

use axum::http::Method;
use shared::http::{Endpoint, handler};
use shared::settings::Settings;

const POST: &[Method] = &[Method::POST];

fn supports(settings: &Settings, kind: &str) -> bool {
    settings.mfa.enabled && settings.mfa.supported_types.iter().any(|it| it == kind)
}

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const TOTP: &[Method] = &[Method::GET, Method::POST, Method::DELETE];
    const CODES: &[Method] = &[Method::GET, Method::POST];
    let enabled = |settings: &Settings| settings.mfa.enabled;
    let with_totp = |settings: &Settings| supports(settings, "totp");
    let with_codes = |settings: &Settings| supports(settings, "recovery_codes");
    vec![
        handler("account/authenticators", &[Method::GET], authenticators::list).only_if(enabled),
        handler("account/authenticators/recovery-codes", CODES, authenticators::recovery_codes).only_if(with_codes),
        // As the first published description of the API spells it.
        handler("account/authenticators/recovery_codes", CODES, authenticators::recovery_codes).only_if(with_codes),
        handler("account/authenticators/totp", TOTP, authenticators::totp).only_if(with_totp),
        handler("auth/2fa/authenticate", POST, challenge::authenticate).only_if(enabled).entrance(),
        handler("auth/2fa/reauthenticate", POST, challenge::reauthenticate).only_if(enabled),
        handler("auth/2fa/trust", POST, challenge::trust)
            .only_if(|settings| settings.mfa.enabled && settings.mfa.trust_enabled)
            .for_browsers(),
    ]
}
