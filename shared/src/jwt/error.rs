//! Errors of keys and of tokens.

/// The reason why a signing key cannot be used. The messages do not contain any part of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a PEM text: no `-----BEGIN`, no matching end, or no base64 between them (RFC 7468).
    #[error("not a key in PEM form")]
    Pem,
    /// PEM with another label than `PRIVATE KEY` or `RSA PRIVATE KEY`.
    #[error("must be a private RSA key in PEM form, but is PEM of: {0}")]
    Label(String),
    /// A private key with a passphrase, which the service cannot ask for.
    #[error("the private key is encrypted")]
    Encrypted,
    /// Not an RSA key, a damaged one, or one that is not between 2048 and 8192 bits long (RFC 7518, section 3.3).
    #[error("the private key is invalid: {0}")]
    Rejected(String),
    /// A shared secret that is shorter than its digest (RFC 7518, section 3.2).
    #[error("the shared secret is shorter than 32 bytes")]
    ShortSecret,
    /// A key could not be generated.
    #[error("no key could be generated")]
    Generate,
    /// A stored key does not match its `kid`.
    #[error("the stored key {0} is a different key")]
    Mixed(String),
    /// The issuer is empty, is not an http or https URL, or has a query or a fragment (OpenID Connect Discovery 1.0,
    /// section 3).
    #[error("invalid issuer: {0:?}")]
    Issuer(String),
    /// The audience is empty, or equal to that of refresh tokens.
    #[error("invalid audience: {0:?}")]
    Audience(String),
    /// The signature could not be created.
    #[error("the token could not be signed")]
    Sign,
}

/// The reason why a token is refused. It is for logs and tests. Clients get the same error for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`super::MAX_TOKEN_LENGTH`].
    #[error("too long")]
    TooLong,
    /// Not three parts of base64url, or their content is not the expected JSON (RFC 7519, section 7.2).
    #[error("malformed")]
    Malformed,
    /// `alg` is `none` (RFC 8725, section 3.2).
    #[error("not signed")]
    Unsigned,
    /// The header contains or references a key: `jwk`, `jku`, `x5u`, `x5c` (ASVS 5.0 9.1.3).
    #[error("the header contains a key")]
    EmbeddedKey,
    /// The header has `crit` (RFC 7515, section 4.1.11). Latchkey does not support extensions.
    #[error("the header has critical extensions")]
    Critical,
    /// `typ` is not that of our tokens (RFC 8725, section 3.11).
    #[error("wrong type of token")]
    WrongType,
    /// No `kid`, or one that does not name a current key.
    #[error("unknown key")]
    UnknownKey,
    /// `alg` is not the algorithm of the key (RFC 8725, section 3.1).
    #[error("algorithm does not match the key")]
    WrongAlgorithm,
    /// The signature does not match the key.
    #[error("wrong signature")]
    Signature,
    /// An access token instead of a refresh token, or the reverse (ASVS 5.0 9.2.2).
    #[error("wrong use")]
    WrongUse,
    /// Another `iss` (RFC 8725, section 3.8).
    #[error("wrong issuer")]
    WrongIssuer,
    /// Another `aud` (RFC 8725, section 3.9).
    #[error("wrong audience")]
    WrongAudience,
    /// At or after `exp` (RFC 7519, section 4.1.4).
    #[error("expired")]
    Expired,
    /// Before `nbf` (RFC 7519, section 4.1.5), or before `iat`.
    #[error("not yet valid")]
    NotYetValid,
}
