//! Key sets: RFC 7517, and the certificates by `kid` that Google also publishes.

use super::error::ProviderError;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// Finds the key with this name for this algorithm. If the token does not name a key, the set must contain only one for
/// the algorithm (OpenID Connect Core 1.0, 10.1).
pub(super) fn find(
    set: &Value,
    algorithm: Algorithm,
    name: &str,
    kid: Option<&str>,
) -> Option<Result<DecodingKey, ProviderError>> {
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        let rsa = kind(algorithm).0 == "RSA";
        let certificate = set.get(kid?)?.as_str().filter(|_| rsa)?;
        return Some(DecodingKey::from_rsa_pem(certificate.as_bytes()).map_err(|_| unreadable()));
    };
    let suitable = |key: &&Value| {
        let says = |member: &str, wanted: &str| key.get(member).is_none_or(|value| value == wanted);
        let (kty, crv) = kind(algorithm);
        key.get("kty").is_some_and(|value| value == kty)
            && crv.is_none_or(|crv| key.get("crv").is_some_and(|value| value == crv))
            && says("use", "sig")
            && says("alg", name)
            && kid.is_none_or(|kid| key.get("kid").is_some_and(|value| value == kid))
    };
    let mut found = keys.iter().filter(suitable);
    let key = found.next()?;
    if kid.is_none() && found.next().is_some() {
        return None;
    }
    let part = |member: &str| key.get(member).and_then(Value::as_str).unwrap_or_default();
    let key = match kind(algorithm).0 {
        "RSA" => DecodingKey::from_rsa_components(part("n"), part("e")),
        "EC" => DecodingKey::from_ec_components(part("x"), part("y")),
        _ => DecodingKey::from_ed_components(part("x")),
    };
    Some(key.map_err(|_| unreadable()))
}

/// Returns the key type and the curve that an algorithm uses (RFC 7518, 3.1; RFC 8037, 3.1).
fn kind(algorithm: Algorithm) -> (&'static str, Option<&'static str>) {
    match algorithm {
        Algorithm::ES256 => ("EC", Some("P-256")),
        Algorithm::ES384 => ("EC", Some("P-384")),
        Algorithm::EdDSA => ("OKP", Some("Ed25519")),
        _ => ("RSA", None),
    }
}

fn unreadable() -> ProviderError {
    ProviderError::Unavailable("a key cannot be parsed".to_owned())
}
