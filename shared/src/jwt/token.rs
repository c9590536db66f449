//! Signing and verification of tokens.

use super::{Claims, Issuer, KeyError, Keyring, SigningKey, TokenError, TokenUse, decode, encode};
use jsonwebtoken::errors::ErrorKind;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

/// Maximum size of a token in bytes. Longer tokens are refused without parsing. The gateway's limit for all headers is
/// about the same.
pub const MAX_TOKEN_LENGTH: usize = 8 * 1024;
/// `typ` of all tokens (RFC 7519, section 5.1), as in the reference.
const TYPE: &str = "JWT";

/// Allowed difference of clocks when a token is verified, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leeway {
    /// Seconds after `exp` in which a token is still valid.
    pub late: i64,
    /// Seconds before `nbf` and `iat` in which a token is already valid. The clock of the verifying function can be
    /// behind that of the function that created the token.
    pub early: i64,
}

impl Default for Leeway {
    /// No seconds after the end, five seconds before the beginning.
    fn default() -> Self {
        Self { late: 0, early: 5 }
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

/// A received header: the members that are used, and those that are not allowed. Other members are ignored (RFC 7515,
/// section 4).
#[derive(Deserialize)]
pub(super) struct Received {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    jwk: bool,
    #[serde(default, deserialize_with = "present")]
    jku: bool,
    #[serde(default, deserialize_with = "present")]
    x5u: bool,
    #[serde(default, deserialize_with = "present")]
    x5c: bool,
}

/// Returns whether there is a member with this name, even if it is null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Signs a token with these claims (RFC 7515, section 7.1). The same claims and key give the same token, byte for byte.
///
/// # Errors
/// [`KeyError::Sign`].
pub fn sign(claims: &Claims, key: &SigningKey) -> Result<String, KeyError> {
    write(claims, key, Some(key.kid()))
}

/// Signs any claims. Without a `kid` the verifier must know the key.
pub(super) fn write<C: Serialize>(claims: &C, key: &SigningKey, kid: Option<&str>) -> Result<String, KeyError> {
    let header = Header { alg: key.algorithm().as_str(), kid, typ: TYPE };
    let json = |value: Result<Vec<u8>, serde_json::Error>| value.map(|json| encode(&json)).map_err(|_| KeyError::Sign);
    let mut token = json(serde_json::to_vec(&header))?;
    token.push('.');
    token.push_str(&json(serde_json::to_vec(claims))?);
    let signature = key.signature(token.as_bytes())?;
    token.push('.');
    token.push_str(&signature);
    Ok(token)
}

/// Verifies a token and returns its claims. It must be a token of Latchkey, for this use, and valid now (RFC 7519,
/// section 7.2, with the rules of RFC 8725 and ASVS 5.0 9.1 and 9.2).
///
/// Before the signature is checked, only the name of the key is used.
///
/// # Errors
/// The first [`TokenError`] in the order of its variants. [`TokenError::Malformed`] is also returned if signed claims do not
/// have our format.
pub fn verify(
    token: &str,
    keys: &Keyring,
    issuer: &Issuer,
    token_use: TokenUse,
    now: i64,
    leeway: Leeway,
) -> Result<Claims, TokenError> {
    let key = key_of(token, keys, now)?;
    let claims = read::<Claims>(token, key)?;
    if claims.token_use != token_use || token_use == TokenUse::Other {
        return Err(TokenError::WrongUse);
    }
    if claims.iss != issuer.issuer() {
        return Err(TokenError::WrongIssuer);
    }
    if claims.aud != issuer.audience(token_use) {
        return Err(TokenError::WrongAudience);
    }
    if now >= claims.exp.saturating_add(leeway.late) {
        return Err(TokenError::Expired);
    }
    if now < claims.nbf.max(claims.iat).saturating_sub(leeway.early) {
        return Err(TokenError::NotYetValid);
    }
    Ok(claims)
}

/// Returns the claims of a token that this key has signed. The caller must check times and audience.
pub(super) fn read<C: DeserializeOwned>(token: &str, key: &SigningKey) -> Result<C, TokenError> {
    let (decoding, validation) = key.decoding();
    jsonwebtoken::decode::<C>(token, decoding, validation)
        .map(|read| read.claims)
        .map_err(|error| token_error(error.kind()))
}

/// Returns the header, unless it contains a member that tokens of Latchkey do not have.
pub(super) fn header_of(token: &str) -> Result<Received, TokenError> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(TokenError::TooLong);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::Malformed);
    };
    let header = decode(header).ok_or(TokenError::Malformed)?;
    let header = serde_json::from_slice::<Received>(&header).map_err(|_| TokenError::Malformed)?;
    if header.alg.eq_ignore_ascii_case("none") {
        return Err(TokenError::Unsigned);
    }
    if header.jwk || header.jku || header.x5u || header.x5c {
        return Err(TokenError::EmbeddedKey);
    }
    if header.crit { Err(TokenError::Critical) } else { Ok(header) }
}

/// Returns the key that the header names, if the header is valid.
fn key_of<'a>(token: &str, keys: &'a Keyring, now: i64) -> Result<&'a SigningKey, TokenError> {
    let header = header_of(token)?;
    if header.typ.as_deref() != Some(TYPE) {
        return Err(TokenError::WrongType);
    }
    let key = header.kid.and_then(|kid| keys.find(&kid, now)).ok_or(TokenError::UnknownKey)?;
    if header.alg != key.algorithm().as_str() {
        return Err(TokenError::WrongAlgorithm);
    }
    Ok(key)
}

fn token_error(error: &ErrorKind) -> TokenError {
    match error {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => TokenError::WrongAlgorithm,
        _ => TokenError::Malformed,
    }
}
