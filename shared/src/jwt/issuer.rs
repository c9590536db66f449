//! The issuer and the audiences of tokens.

use super::{KeyError, TokenUse};

/// The path that accepts refresh tokens, below the issuer. It is their audience.
const REFRESH_PATH: &str = "/_allauth/app/v1/tokens/refresh";

/// The issuer and the audiences of tokens.
///
/// The two kinds of tokens have different audiences. Verifiers of other services, such as API Gateway, check the issuer
/// and the audience but not `token_use`. With the same audience they would accept a refresh token as an access token
/// (RFC 8725, section 3.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    issuer: String,
    audience: String,
    refresh_audience: String,
}

impl Issuer {
    /// Creates an issuer. `issuer` is `PUBLIC_URL` without a trailing slash (one is removed). Verifiers compare it
    /// exactly and append `/.well-known/openid-configuration` to it (OpenID Connect Discovery 1.0, section 4).
    /// `audience` is that of access tokens. If it is `None`, the issuer is the audience.
    ///
    /// # Errors
    /// [`KeyError::Issuer`], [`KeyError::Audience`].
    pub fn new(issuer: &str, audience: Option<&str>) -> Result<Self, KeyError> {
        let issuer = issuer.trim_end_matches('/');
        let host = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
        let is_odd = |letter: char| matches!(letter, '?' | '#') || letter.is_whitespace() || letter.is_control();
        if host.is_none_or(str::is_empty) || issuer.contains(is_odd) {
            return Err(KeyError::Issuer(issuer.to_owned()));
        }
        let audience = audience.unwrap_or(issuer);
        let refresh_audience = format!("{issuer}{REFRESH_PATH}");
        if audience.is_empty() || audience == refresh_audience {
            return Err(KeyError::Audience(audience.to_owned()));
        }
        Ok(Self { issuer: issuer.to_owned(), audience: audience.to_owned(), refresh_audience })
    }

    /// Returns the claim `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the claim `aud` of tokens for this use.
    pub fn audience(&self, token_use: TokenUse) -> &str {
        match token_use {
            TokenUse::Refresh => &self.refresh_audience,
            TokenUse::Access | TokenUse::Other => &self.audience,
        }
    }
}
