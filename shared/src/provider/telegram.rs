//! Telegram's login. It has no code and no tokens, but a profile with a hash.

use super::authorize::Redirect;
use super::engine::Provider;
use super::error::{InvalidToken, ProviderError};
use super::identity::Identity;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

/// Maximum age of an answer in seconds, unless `auth_date_validity` sets another one.
const VALIDITY: i64 = 30;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Provider<'_> {
    pub(super) fn telegram_url(&self, mut url: Url, redirect: &Redirect<'_>) -> Result<Url, ProviderError> {
        let wrong = |_| ProviderError::Configuration(format!("not a URL: {}", redirect.redirect_uri));
        let mut back = Url::parse(redirect.redirect_uri).map_err(wrong)?;
        let origin = format!("{}/", back.origin().ascii_serialization());
        back.query_pairs_mut().append_pair("state", redirect.state);
        url.query_pairs_mut().extend_pairs([
            ("origin", origin.as_str()),
            ("bot_id", self.app.own_client_id()),
            ("request_access", "write"),
            ("embed", "0"),
            ("return_to", back.as_str()),
        ]);
        Ok(url)
    }

    /// Returns the identity that Telegram reports. `answer` is the `tgAuthResult` of the callback's page ("Checking
    /// authorization" in Telegram's documentation of its login widget).
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`] if the answer cannot be parsed, was not hashed with the bot's token, or is too
    /// old.
    pub fn identify_telegram(&self, answer: &str, now: i64) -> Result<Identity, ProviderError> {
        let secret = self.app.secret();
        if !self.app.is_telegram() || secret.is_empty() {
            return Err(InvalidToken::Unsupported.into());
        }
        let bytes = BASE64.decode(answer).map_err(|_| InvalidToken::Malformed)?;
        let mut data: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| InvalidToken::Malformed)?;
        let Some(Value::String(hash)) = data.remove("hash") else { return Err(InvalidToken::Malformed.into()) };
        let hash = unhex(&hash).ok_or(InvalidToken::Malformed)?;
        let mut lines = Vec::new();
        for (name, value) in &data {
            let value = match value {
                // A line break could make one value look like several.
                Value::String(text) if !text.contains(char::is_control) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(InvalidToken::Malformed.into()),
            };
            lines.push(format!("{name}={value}"));
        }
        lines.sort_unstable();
        let mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(secret.as_bytes()));
        let mut mac = mac.map_err(|_| InvalidToken::Signature)?;
        mac.update(lines.join("\n").as_bytes());
        mac.verify_slice(&hash).map_err(|_| InvalidToken::Signature)?;
        let number = |value: Value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        };
        let made = data.remove("auth_date").and_then(number).ok_or(InvalidToken::Malformed)?;
        let validity = self.validity();
        if now.saturating_sub(made) > validity {
            return Err(InvalidToken::Expired.into());
        }
        if made.saturating_sub(now) > super::id_token::LEEWAY {
            return Err(InvalidToken::NotYetValid.into());
        }
        let profile = Value::Object(data);
        self.read(&profile, profile.clone(), Vec::new())
    }

    /// Reads the setting of the application, or else of `AUTH_PARAMS` of the provider, like the reference.
    fn validity(&self) -> i64 {
        let of_provider = || self.app.setting("auth_params")?.get("auth_date_validity");
        let set = self.app.setting("auth_date_validity").or_else(of_provider);
        set.and_then(Value::as_i64).unwrap_or(VALIDITY)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect())
}
