//! Why a provider's word did not count.

/// Why a provider's word did not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The provider says no, in its own code where it has one (RFC 6749, 5.2).
    #[error("the provider refused the request: {0}")]
    Denied(String),
    /// A token that proves nothing.
    #[error("invalid token: {0}")]
    InvalidToken(#[from] InvalidToken),
    /// No answer in time, no connection, an error on the provider's side, or published documents that cannot be read:
    /// without its keys no token can be checked.
    #[error("the provider is not available: {0}")]
    Unavailable(String),
    /// An answer about somebody that cannot be read, or lacks what it must have.
    #[error("the provider sent an invalid answer: {0}")]
    Nonsense(String),
    /// The settings lack something, or contradict what the provider says of itself.
    #[error("provider settings: {0}")]
    Configuration(String),
}

impl ProviderError {
    /// Whether the provider could not be asked: whoever tries again later may succeed. Every other error is about what
    /// the provider or the client said.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Configuration(_))
    }
}

/// What about a token was wrong. For logs and tests: clients hear `invalid_token` for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// There is none where there must be one.
    #[error("missing")]
    Missing,
    /// Not a JWT in its compact form (RFC 7519, 7.2), or one with an extension that nobody here knows (RFC 7515,
    /// 4.1.11).
    #[error("malformed")]
    Malformed,
    /// `alg` is not one of those allowed (RFC 8725, 3.1).
    #[error("algorithm")]
    Algorithm,
    /// No key of the provider has this `kid`.
    #[error("unknown key")]
    UnknownKey,
    /// The signature, or Telegram's hash, is not right.
    #[error("signature")]
    Signature,
    /// Another issuer (OpenID Connect Core 1.0, 3.1.3.7, rule 2).
    #[error("issuer")]
    Issuer,
    /// Made for somebody else (rule 3).
    #[error("audience")]
    Audience,
    /// Handed to somebody else (rules 4 and 5).
    #[error("authorized party")]
    AuthorizedParty,
    /// Past its time (rule 9).
    #[error("expired")]
    Expired,
    /// Of a time to come (rule 10; RFC 7519, 4.1.5).
    #[error("not yet valid")]
    NotYetValid,
    /// Not an answer to this request (rule 11).
    #[error("nonce")]
    Nonce,
    /// No subject, one that cannot be one, or another than the profile's (OpenID Connect Core 1.0, 2 and 5.3.2).
    #[error("subject")]
    Subject,
    /// The provider calls the token invalid.
    #[error("revoked")]
    Revoked,
    /// The token is not of a kind that this provider's users can log in with.
    #[error("not a token of a supported kind")]
    Unsupported,
}
