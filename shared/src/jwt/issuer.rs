//! Who makes the tokens, and for whom.

use super::{KeyError, TokenUse};

/// Where refresh tokens are taken, below the issuer: their audience.
const REFRESH_PATH: &str = "/_allauth/app/v1/tokens/refresh";

/// Who makes the tokens, and for whom.
///
/// The two kinds of tokens have different audiences. Other people's verifiers (API Gateway's among them) look at issuer
/// and audience and do not know `token_use`: with one audience for both they would take a refresh token for an access
/// token (RFC 8725, section 3.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    issuer: String,
    audience: String,
    refresh_audience: String,
}

impl Issuer {
    /// `issuer` is `PUBLIC_URL`, with no slash at its end (one is dropped): verifiers compare it letter by letter and
    /// append `/.well-known/openid-configuration` to it (OpenID Connect Discovery 1.0, section 4). `audience` is that
    /// of access tokens; where it is None, the issuer again.
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

    /// `iss`: exactly this.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `aud` of tokens for this use.
    pub fn audience(&self, token_use: TokenUse) -> &str {
        match token_use {
            TokenUse::Refresh => &self.refresh_audience,
            TokenUse::Access | TokenUse::Other => &self.audience,
        }
    }
}
