//! Extra parameters that Facebook requires.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;

/// Returns the proof that a request comes from the application itself: HMAC-SHA-256 of the token with the application's
/// secret, in hexadecimal ("Securing Graph API Calls" in Facebook's documentation).
pub(super) fn proof(secret: &str, token: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(token.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
