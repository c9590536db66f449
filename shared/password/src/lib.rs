//! Password hashes: created with argon2id, and verified in every strong format that Django writes.
//!
//! The stored text has Django's format, so accounts can be moved from and to Django with their passwords. All functions
//! are blocking and take tens of milliseconds by design. Run them on a blocking thread.
//!
//! The password is used as received, without trimming, changing case or truncating (ASVS 5.0 6.2.8). There is one
//! exception: it is hashed in Unicode's composed form (NFC, NIST SP 800-63B-4 section 3.1.1.2), because a phone and a
//! desktop can send the same letters with different code points. Hashes of another form, which were created earlier or
//! elsewhere, are still verified with the password as received. Django's plain `bcrypt` format uses only the first 72
//! bytes. Such a hash is replaced at the next login.

mod argon;
mod imported;

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The stored value of an account without a password. No password matches it.
pub const UNUSABLE: &str = "!";

/// The cost of an argon2id hash.
///
/// The default is the configuration of OWASP's Password Storage Cheat Sheet with the fewest passes and moderate memory:
/// 19 MiB, 2 passes, 1 lane (ASVS 5.0 11.4.2).
///
/// Values outside the limits of hashing and verifying are moved to the nearest limit when they are used: memory from 8
/// KiB for each lane to 1 GiB, at least one pass and one lane, and at most 4 GiB of memory times passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes. They are computed one after the other, so more lanes are not faster.
    pub lanes: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// The outcome of the comparison of a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or no password matches the stored value.
    Wrong,
    /// The password is right.
    Right {
        /// Whether the hash was created with another algorithm or other parameters than the current ones. If so, hash
        /// the password again while it is available.
        rehash: bool,
    },
}

/// Hashes a password with argon2id, encoded like Django: `argon2$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, both
/// base64 without padding.
///
/// `salt` must be new random bytes for every call. Blocking.
///
/// Returns [`UNUSABLE`] for a password of 4 GiB or more, which argon2 does not support.
pub fn hash(password: &str, salt: [u8; 16], parameters: &Parameters) -> String {
    argon::hash(&composed(password), &salt, parameters).unwrap_or_else(|| UNUSABLE.to_owned())
}

/// Does the work of verifying a wrong password, for callers that must not reveal that there is no hash to verify.
/// Blocking.
pub fn pretend_to_verify(password: &str, salt: [u8; 16], parameters: &Parameters) {
    for form in forms(password) {
        argon::hash(&form, &salt, parameters);
    }
}

/// Returns the password in NFC.
fn composed(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { Cow::Borrowed(password) } else { Cow::Owned(password.nfc().collect()) }
}

/// Returns the forms in which a password is tried: in NFC, and as received if that differs.
fn forms(password: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let composed = composed(password);
    let received = (composed != password).then_some(Cow::Borrowed(password));
    std::iter::once(composed).chain(received)
}

/// Verifies that `password` is the password of the hash `encoded`. The hashes are compared in constant time. Blocking.
///
/// Supports Django's `argon2`, `pbkdf2_sha256`, `pbkdf2_sha1`, `scrypt`, `bcrypt_sha256` and `bcrypt`. Returns
/// [`Verdict::Wrong`] for a value that is malformed, unusable (see [`is_usable`]), in another format, or so expensive
/// that computing it would block the service. The limits, which take a few seconds, are:
///
/// - argon2: 1 GiB of memory, and 4 GiB of memory times passes;
/// - PBKDF2: 10 million iterations;
/// - scrypt: 256 MiB of memory (`n * r`), and 1 GiB of memory times lanes;
/// - bcrypt: cost 16.
///
/// A password that is not in NFC is tried in NFC, and then as received. If only the latter matches, the hash must be
/// replaced.
///
/// Refusals are immediate. Callers that must not reveal whether an account has a password call [`pretend_to_verify`] to
/// spend the usual time.
pub fn verify(password: &str, encoded: &str, parameters: &Parameters) -> Verdict {
    let verdicts = forms(password).enumerate().map(|(place, form)| match verify_form(&form, encoded, parameters) {
        Verdict::Right { rehash } => Verdict::Right { rehash: rehash || place > 0 },
        Verdict::Wrong => Verdict::Wrong,
    });
    verdicts.into_iter().find(|verdict| *verdict != Verdict::Wrong).unwrap_or(Verdict::Wrong)
}

fn verify_form(password: &str, encoded: &str, parameters: &Parameters) -> Verdict {
    let Some((algorithm, rest)) = encoded.split_once('$') else {
        return Verdict::Wrong;
    };
    let matches = match algorithm {
        "argon2" => return argon::verify(password, rest, parameters).unwrap_or(Verdict::Wrong),
        "pbkdf2_sha256" => imported::pbkdf2_sha256(password, rest),
        "pbkdf2_sha1" => imported::pbkdf2_sha1(password, rest),
        "scrypt" => imported::scrypt(password, rest),
        "bcrypt_sha256" => imported::bcrypt_sha256(password, rest),
        "bcrypt" => imported::bcrypt(password, rest),
        _ => None,
    };
    match matches {
        Some(true) => Verdict::Right { rehash: true },
        Some(false) | None => Verdict::Wrong,
    }
}

/// Returns whether the stored value is that of a password. As in Django, only a value that starts with `!` is not.
/// [`verify`] decides whether another value is valid.
pub fn is_usable(encoded: &str) -> bool {
    !encoded.starts_with('!')
}

/// Parses a positive decimal number in Django's format: no sign, space or leading zero, so that every hash has only one
/// encoding.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests;
