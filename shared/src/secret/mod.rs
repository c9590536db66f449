//! Secrets: keys derived from `SECRET_KEY`, random tokens, codes that users type, passwords.

mod code;
mod keys;
pub mod strength;

pub use password;

pub use code::{generate_code, normalize_code, plain_digits};
pub use keys::Keys;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Encodes bytes in base64url without padding, the encoding of all values here.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a text of [`encode`]. Returns `None` for any other text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Returns the SHA-256 digest as text. For random secrets, which need no key and no salt.
pub fn digest(bytes: &[u8]) -> String {
    encode(&Sha256::digest(bytes))
}

/// Compares two values in constant time, so that the time does not reveal where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_have_one_text_and_no_other_text_has_them(bytes: Vec<u8>, text in "[A-Za-z0-9_=+/-]{0,40}|\\PC{0,20}") {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            prop_assert!(decode(&text).is_none_or(|bytes| encode(&bytes) == text), "{}", text);
        }
    }
}
