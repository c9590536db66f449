//! Signed tokens of apps.

use crate::tokens::Pair;
use schemars::JsonSchema;
use serde::Serialize;

/// The new tokens of a refresh.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct RefreshedTokens {
    /// The access token.
    access_token: String,
    /// The next refresh token. Absent if the current one stays valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    refresh_token: Option<String>,
}

impl From<Pair> for RefreshedTokens {
    fn from(pair: Pair) -> Self {
        Self { access_token: pair.access, refresh_token: pair.refresh }
    }
}
