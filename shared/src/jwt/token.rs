//! Signs tokens and verifies them.

use super::{Claims, Issuer, KeyError, Keyring, SigningKey, TokenError, TokenUse, decode, encode};
use jsonwebtoken::errors::ErrorKind;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

/// Bytes that a token has at most: what is longer is refused unread. The gateway's limit for all headers is of this
/// order too.
pub const MAX_TOKEN_LENGTH: usize = 8 * 1024;
/// `typ` of all tokens (RFC 7519, section 5.1), as in the reference.
const TYPE: &str = "JWT";

/// Seconds by which clocks may differ when a token is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leeway {
    /// For how long after `exp` a token is good still.
    pub late: i64,
    /// For how long before `nbf` and `iat` it is good already. One function's clock may be a little behind that of
    /// another, which has just made the token.
    pub early: i64,
}

impl Default for Leeway {
    /// Nothing after the end, five seconds before the beginning.
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

/// A header as it comes: what decides, and what must not be there. Whatever else it has is ignored (RFC 7515,
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

/// Whether there is a member of this name, were it null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The token of these claims (RFC 7515, section 7.1). The same claims and key give the same token, byte by byte.
///
/// # Errors
/// [`KeyError::Sign`].
pub fn sign(claims: &Claims, key: &SigningKey) -> Result<String, KeyError> {
    write(claims, key, Some(key.kid()))
}

/// Signs any claims. Without a `kid` the verifier has to know the key.
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

/// What a token says, if it is one of ours, for this use, and good at this moment (RFC 7519, section 7.2, under the
/// rules of RFC 8725 and ASVS 5.0 9.1 and 9.2).
///
/// Nothing that the token says is believed before the signature is checked, but for the name of the key.
///
/// # Errors
/// The first [`TokenError`] in the order of its variants; of [`TokenError::Malformed`] also where signed claims are not ours.
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

/// The claims of a token that this key has signed. Times and audience are the caller's to check.
pub(super) fn read<C: DeserializeOwned>(token: &str, key: &SigningKey) -> Result<C, TokenError> {
    let (decoding, validation) = key.decoding();
    jsonwebtoken::decode::<C>(token, decoding, validation)
        .map(|read| read.claims)
        .map_err(|error| token_error(error.kind()))
}

/// The header, unless it asks for something that no token of ours needs.
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

/// The key that the header names, if all in the header is as it should be.
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
