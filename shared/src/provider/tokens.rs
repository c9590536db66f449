//! The tokens that a provider returns for a code.

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope, TokenResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// The tokens that a provider returns for a code.
#[derive(Clone)]
pub struct ProviderTokens {
    /// The access token.
    pub access_token: String,
    /// The refresh token, if there is one.
    pub refresh_token: Option<String>,
    /// The time when the access token expires, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// The ID token, not verified yet.
    pub id_token: Option<String>,
    /// The whole answer. Some providers add more fields.
    pub(super) answer: Value,
    /// A name that came with the callback.
    pub(super) callback_name: Option<Value>,
}

impl ProviderTokens {
    pub(super) fn new(answer: Answer, callback_name: Option<Value>, now: i64) -> Self {
        let lifetime = answer.expires_in().and_then(|lifetime| i64::try_from(lifetime.as_secs()).ok());
        let refresh_token = answer.refresh_token.as_ref().map(|token| token.secret().clone());
        let (access_token, mut rest) = (answer.access_token.secret().clone(), answer.rest);
        let id_token = rest.get("id_token").and_then(Value::as_str).map(str::to_owned);
        rest.insert("access_token".to_owned(), Value::String(access_token.clone()));
        Self {
            access_token,
            refresh_token: refresh_token.filter(|token| !token.is_empty()),
            expires_at: lifetime.map(|lifetime| now.saturating_add(lifetime)),
            id_token: id_token.filter(|token| !token.is_empty()),
            answer: Value::Object(rest),
            callback_name,
        }
    }

    /// Returns the tokens that a native application sent.
    pub(super) fn native(access_token: &str) -> Self {
        Self {
            access_token: access_token.to_owned(),
            refresh_token: None,
            expires_at: None,
            id_token: None,
            answer: Value::Null,
            callback_name: None,
        }
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderTokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The answer of a token endpoint, parsed leniently: some providers omit `token_type`, or write numbers as texts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &BasicTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        let seconds = match self.rest.get("expires_in")? {
            Value::String(text) => text.parse().ok()?,
            number => number.as_u64()?,
        };
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}
