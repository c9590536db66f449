//! Tokens of the JWT API, in the shape of djangorestframework-simplejwt: HS256, no `kid`, no issuer and no audience, and
//! `token_type` says what a token is for.

use super::token::{header_of, read, write};
use super::{Algorithm, KeyError, Leeway, SigningKey};
use serde_json::{Map, Value};

/// The claims of such a token. Which they are beside the usual ones depends on what the token is for.
pub type ApiClaims = Map<String, Value>;

/// What a token is for: the claim `token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To use an API.
    Access,
    /// To get new tokens.
    Refresh,
}

impl Kind {
    /// Its name in the claim.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// Why a token is refused. The texts are what clients of simplejwt read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiTokenError {
    /// Not a token of ours, or not valid yet.
    #[error("Token is invalid")]
    Invalid,
    /// At or after `exp`.
    #[error("Token is expired")]
    Expired,
    /// An access token where a refresh token is wanted, or the reverse.
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

/// Returns what a token says, if one of the keys has signed it, it is of this kind, and it is good at this moment. Without
/// a `kid` every key is tried, the first one first.
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
