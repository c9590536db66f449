//! The files by which phones and browsers learn which apps and other sites may use the passkeys of this domain.

use axum::body::Body;
use axum::http::Response;
use serde_json::json;
use shared::http::{Visit, public_json};
use shared::settings::show_fingerprint;

/// Apple's: apps that share credentials (associated domains, service `webcredentials`).
pub async fn apple(visit: Visit) -> Response<Body> {
    public_json(&json!({"webcredentials": {"apps": visit.app.settings.mfa.webauthn_apple_apps}}), 3600)
}

/// Android's: Digital Asset Links, with the relations that Credential Manager asks for.
pub async fn android(visit: Visit) -> Response<Body> {
    let apps = &visit.app.settings.mfa.webauthn_android_apps.0;
    let statement = |(package, fingerprints): (&String, &Vec<[u8; 32]>)| {
        let fingerprints = fingerprints.iter().map(show_fingerprint).collect::<Vec<_>>();
        json!({
            "relation": ["delegate_permission/common.get_login_creds", "delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": package,
                "sha256_cert_fingerprints": fingerprints,
            },
        })
    };
    public_json(&apps.iter().map(statement).collect(), 3600)
}

/// For browsers: the origins on other domains that may use the passkeys of this one (WebAuthn Level 3, section 5.11).
pub async fn related_origins(visit: Visit) -> Response<Body> {
    public_json(&json!({"origins": visit.app.settings.webauthn_policy().related_origins()}), 3600)
}
