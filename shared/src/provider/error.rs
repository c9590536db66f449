//! Errors of requests to providers and of their tokens.

/// The reason why a login through a provider failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The provider refused the request, with its own error code if it sends one (RFC 6749, 5.2).
    #[error("the provider refused the request: {0}")]
    Denied(String),
    /// An invalid token.
    #[error("invalid token: {0}")]
    InvalidToken(#[from] InvalidToken),
    /// No answer in time, no connection, an error on the provider's side, or published documents that cannot be parsed.
    /// Without the provider's keys no token can be checked.
    #[error("the provider is not available: {0}")]
    Unavailable(String),
    /// An answer about a user that cannot be parsed, or that lacks a required field.
    #[error("the provider sent an invalid answer: {0}")]
    Nonsense(String),
    /// The settings are incomplete, or contradict the configuration that the provider publishes.
    #[error("provider settings: {0}")]
    Configuration(String),
}

impl ProviderError {
    /// Returns whether the provider could not be asked, so that a later attempt can succeed. All other errors are
    /// caused by the answer of the provider or by the client.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Configuration(_))
    }
}

/// The flaw of a token. It is for logs and tests. The API reports `invalid_token` for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// A required token is missing.
    #[error("missing")]
    Missing,
    /// Not a JWT in its compact form (RFC 7519, 7.2), or one with an unknown critical extension (RFC 7515, 4.1.11).
    #[error("malformed")]
    Malformed,
    /// `alg` is not an allowed algorithm (RFC 8725, 3.1).
    #[error("algorithm")]
    Algorithm,
    /// The provider has no key with this `kid`.
    #[error("unknown key")]
    UnknownKey,
    /// The signature, or Telegram's hash, is wrong.
    #[error("signature")]
    Signature,
    /// Another issuer (OpenID Connect Core 1.0, 3.1.3.7, rule 2).
    #[error("issuer")]
    Issuer,
    /// The audience is another client (rule 3).
    #[error("audience")]
    Audience,
    /// The authorized party is another client (rules 4 and 5).
    #[error("authorized party")]
    AuthorizedParty,
    /// Expired (rule 9).
    #[error("expired")]
    Expired,
    /// Not valid yet (rule 10; RFC 7519, 4.1.5).
    #[error("not yet valid")]
    NotYetValid,
    /// Not an answer to this request (rule 11).
    #[error("nonce")]
    Nonce,
    /// The subject is missing or invalid, or differs from that of the profile (OpenID Connect Core 1.0, 2 and 5.3.2).
    #[error("subject")]
    Subject,
    /// The provider reports the token as invalid.
    #[error("revoked")]
    Revoked,
    /// Users of this provider cannot log in with a token of this kind.
    #[error("not a token of a supported kind")]
    Unsupported,
}
