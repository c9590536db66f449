//! Settings that must not appear in logs or in the documentation.

use super::values::Value;
use serde_json::Value as Json;

/// A secret of at least 32 bytes. Its `Debug` and its row in the documentation do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(zeroize::Zeroizing<Vec<u8>>);

impl SecretKey {
    /// Returns the value for an unset key. `Settings::load` refuses it.
    pub(super) fn missing() -> Self {
        Self(zeroize::Zeroizing::new(Vec::new()))
    }

    /// Returns whether the key is unset.
    pub(super) fn is_missing(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the key's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl Value for SecretKey {
    const KIND: &'static str = "string";
    fn from_json(json: &Json) -> Result<Self, String> {
        Self::from_text(json.as_str().unwrap_or_default())
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if text.len() < 32 {
            return Err("must be 32 bytes or more".to_owned());
        }
        Ok(Self(zeroize::Zeroizing::new(text.as_bytes().to_vec())))
    }
    fn show(&self) -> String {
        "required".to_owned()
    }
}

/// A secret text of any length, empty if unset. Its `Debug` and its row in the documentation do not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(zeroize::Zeroizing<String>);

impl SecretText {
    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(..)")
    }
}

impl Value for SecretText {
    const KIND: &'static str = "string";
    fn from_json(json: &Json) -> Result<Self, String> {
        json.as_str().ok_or_else(|| "must be a string".to_owned()).and_then(Self::from_text)
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(zeroize::Zeroizing::new(text.to_owned())))
    }
    fn show(&self) -> String {
        String::new()
    }
}
