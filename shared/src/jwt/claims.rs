//! What a token says.

use super::{Family, Issuer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The claims that are ours to set. Custom claims of these names are dropped, as in the reference for the names that
/// it has (all but `iss`, `aud` and `nbf`).
pub const RESERVED: [&str; 9] = ["iat", "exp", "sid", "jti", "token_use", "sub", "iss", "aud", "nbf"];

/// Seconds by which `nbf` lies before `iat`. A verifier whose clock is a little behind ours takes a token at once.
const BACKDATED: i64 = 30;

/// What a token is for: the claim `token_use`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenUse {
    /// To use an API.
    Access,
    /// To have new tokens.
    Refresh,
    /// Something that we do not know: never made, never accepted.
    #[serde(other)]
    Other,
}

/// Of whom a token speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user's id, as text.
    pub sub: String,
    /// Names the session. It has to be the same text each time, so that a refresh token can be made again, and has to
    /// be of no use as a session token: whoever sees the token reads it.
    pub sid: String,
}

/// The claims of a token (RFC 7519, section 4). Times are in seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made the token.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The session, as [`Subject::sid`] has it.
    pub sid: String,
    /// The token's own name; for a refresh token [`Family::jti`].
    pub jti: String,
    /// What it is for.
    pub token_use: TokenUse,
    /// When it was made.
    pub iat: i64,
    /// From when on it is good: half a minute before it was made, for verifiers whose clock is behind.
    pub nbf: i64,
    /// From when on it is not: this second is the first.
    pub exp: i64,
    #[serde(flatten)]
    custom: Map<String, Value>,
}

impl Claims {
    /// Those of an access token that lives for `lifetime` seconds (`HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`). `jti` are
    /// 16 random bytes, from which it has a UUID of version 4 as in the reference. `custom` comes along, save what is
    /// [`RESERVED`].
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

    /// Those of the refresh token that is good now in this family. It lives for `lifetime` seconds
    /// (`HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN`) from the last rotation, and never longer than the family. All of it
    /// comes from the family and nothing from the clock: made again, it is the same.
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

    /// The claims that are not ours (`HEADLESS_JWT_CLAIMS`).
    pub fn custom(&self) -> &Map<String, Value> {
        &self.custom
    }
}
