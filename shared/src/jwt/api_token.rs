//! Tokens of the JWT API, in the format of djangorestframework-simplejwt: HS256, without `kid`, issuer and audience.
//! `token_type` contains the purpose of a token.

use super::token::{header_of, read, write};
use super::{Algorithm, KeyError, Leeway, SigningKey};
use serde_json::{Map, Value};

/// The claims of such a token. Its purpose decides which claims it has in addition to the usual ones.
pub type ApiClaims = Map<String, Value>;

/// The purpose of a token: the claim `token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Access to an API.
    Access,
    /// Getting new tokens.
    Refresh,
}

impl Kind {
    /// Returns the value of the claim.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// The reason why a token is refused. The texts are those that simplejwt sends to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiTokenError {
    /// Not a token of Latchkey, or not valid yet.
    #[error("Token is invalid")]
    Invalid,
    /// At or after `exp`.
    #[error("Token is expired")]
    Expired,
    /// An access token instead of a refresh token, or the reverse.
    #[error("Token has wrong type")]
    WrongKind,
}

/// Signs these claims.
///
/// # Errors
/// [`KeyError::Sign`].
pub fn sign(claims: &ApiClaims, key: &SigningKey) -> Result<String, KeyError> {
    write(claims, key, None)
}

/// Verifies a token and returns its claims. It must be signed by one of the keys, be of this kind, and be valid now.
/// There is no `kid`, so all keys are tried in order.
///
/// # Errors
/// The first [`ApiTokenError`] that applies.
pub fn verify(token: &str, keys: &[SigningKey], kind: Kind, now: i64) -> Result<ApiClaims, ApiTokenError> {
    header_of(token).map_err(|_| ApiTokenError::Invalid)?;
    let shared = keys.iter().filter(|key| key.algorithm() == Algorithm::Hs256);
    let claims = shared.into_iter().find_map(|key| read::<ApiClaims>(token, key).ok()).ok_or(ApiTokenError::Invalid)?;
    let number = |name: &str| claims.get(name).and_then(Value::as_f64).map(|number| number as i64);
    match number("exp") {
        None => return Err(ApiTokenError::Invalid),
        Some(exp) if exp <= now => return Err(ApiTokenError::Expired),
        Some(_) => {}
    }
    let begins = [number("iat"), number("nbf")].into_iter().flatten().max();
    let early = Leeway::default().early;
    if begins.is_some_and(|begins| begins > now.saturating_add(early)) || !claims.contains_key("jti") {
        return Err(ApiTokenError::Invalid);
    }
    match claims.get("token_type").and_then(Value::as_str) {
        Some(given) if given == kind.as_str() => Ok(claims),
        Some(_) => Err(ApiTokenError::WrongKind),
        None => Err(ApiTokenError::Invalid),
    }
}
