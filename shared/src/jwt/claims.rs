//! The claims of a token.

use super::{Family, Issuer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The claims that Latchkey sets. Custom claims with these names are dropped. The reference does the same with its own
/// names (all except `iss`, `aud` and `nbf`).
pub const RESERVED: [&str; 9] = ["iat", "exp", "sid", "jti", "token_use", "sub", "iss", "aud", "nbf"];

/// Seconds from `nbf` to `iat`. A verifier with a slightly late clock can accept a token immediately.
const BACKDATED: i64 = 30;

/// The purpose of a token: the claim `token_use`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenUse {
    /// Access to an API.
    Access,
    /// Getting new tokens.
    Refresh,
    /// An unknown purpose. Such tokens are never created and never accepted.
    #[serde(other)]
    Other,
}

/// The user and the session of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user's id, as text.
    pub sub: String,
    /// Identifies the session. It must be the same text each time, so that a refresh token can be created again. It
    /// must not be usable as a session token, because the holder of the token can read it.
    pub sid: String,
}

/// The claims of a token (RFC 7519, section 4). Times are in seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The session, as in [`Subject::sid`].
    pub sid: String,
    /// The token's identifier. For a refresh token, it is [`Family::jti`].
    pub jti: String,
    /// The purpose.
    pub token_use: TokenUse,
    /// The time when the token was created.
    pub iat: i64,
    /// The first second in which the token is valid: half a minute before `iat`, for verifiers with a late clock.
    pub nbf: i64,
    /// The first second in which the token is no longer valid.
    pub exp: i64,
    #[serde(flatten)]
    custom: Map<String, Value>,
}

impl Claims {
    /// Creates the claims of an access token that is valid for `lifetime` seconds
    /// (`HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`). `jti` is 16 random bytes, from which a UUID of version 4 is made, as
    /// in the reference. `custom` claims are added, except [`RESERVED`] ones.
    pub fn access(
        issuer: &Issuer,
        subject: Subject,
        jti: [u8; 16],
        now: i64,
        lifetime: i64,
        mut custom: Map<String, Value>,
    ) -> Self {
        custom.retain(|name, _| !RESERVED.contains(&name.as_str()));
        let jti = uuid::Builder::from_random_bytes(jti).into_uuid().to_string();
        Self::new(issuer, TokenUse::Access, subject, jti, now, now.saturating_add(lifetime), custom)
    }

    /// Creates the claims of the refresh token that is currently valid in this family. It is valid for `lifetime`
    /// seconds (`HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN`) from the last rotation, and never longer than the family. All
    /// values come from the family and none from the clock, so a repeated call returns the same claims.
    pub fn refresh(issuer: &Issuer, subject: Subject, family: &Family, lifetime: i64) -> Self {
        let exp = family.rotated_at.saturating_add(lifetime).min(family.ends);
        Self::new(issuer, TokenUse::Refresh, subject, family.jti(), family.rotated_at, exp, Map::new())
    }

    fn new(
        issuer: &Issuer,
        token_use: TokenUse,
        subject: Subject,
        jti: String,
        iat: i64,
        exp: i64,
        custom: Map<String, Value>,
    ) -> Self {
        let Subject { sub, sid } = subject;
        let (iss, aud) = (issuer.issuer().to_owned(), issuer.audience(token_use).to_owned());
        let nbf = iat.saturating_sub(BACKDATED);
        Self { iss, aud, sub, sid, jti, token_use, iat, nbf, exp, custom }
    }

    /// Returns the custom claims (`HEADLESS_JWT_CLAIMS`).
    pub fn custom(&self) -> &Map<String, Value> {
        &self.custom
    }
}
