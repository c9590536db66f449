//! Client secrets for Apple, which uses a signed JWT instead of a fixed secret.

use super::config::AppConfig;
use super::error::ProviderError;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

/// Lifetime of a client secret in seconds. Apple accepts up to half a year, but each secret is used immediately.
const LIFETIME: i64 = 300;

/// Returns a JWT that is signed with the key that Apple issued ("Creating a client secret" in Apple's documentation).
/// As in the reference, the application's `secret` is the name of the key, its `key` is the team, and `certificate_key`
/// is the key in PEM.
///
/// # Errors
/// [`ProviderError::Configuration`] if one of them is missing, or the key cannot be parsed.
pub(super) fn client_secret(app: &AppConfig, now: i64) -> Result<String, ProviderError> {
    let lacks = |what: &str| ProviderError::Configuration(format!("{}: {what}", app.id()));
    if app.key().is_empty() || app.secret().is_empty() {
        return Err(lacks("key (the team) and secret (the key's name) are needed"));
    }
    let pem = app.text("certificate_key").ok_or_else(|| lacks("certificate_key is needed"))?;
    let key = EncodingKey::from_ec_pem(pem.as_bytes()).map_err(|_| lacks("certificate_key cannot be read"))?;
    let header = Header { kid: Some(app.secret().to_owned()), ..Header::new(Algorithm::ES256) };
    let claims = json!({
        "iss": app.key(),
        "aud": "https://appleid.apple.com",
        "sub": app.own_client_id(),
        "iat": now,
        "exp": now + LIFETIME,
    });
    jsonwebtoken::encode(&header, &claims, &key).map_err(|_| lacks("certificate_key does not sign"))
}
