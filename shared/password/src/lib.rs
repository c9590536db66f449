//! Password hashes: made with argon2id, and verified in every strong format that Django writes.
//!
//! The stored text is Django's, so that accounts move here (and back) with their passwords. All
//! work is blocking and takes tens of milliseconds by design: run it on a blocking thread.
//!
//! The password is used as received, without trimming, changing case or truncating (ASVS 5.0 6.2.8),
//! but for one thing: it is hashed in Unicode's composed form (NFC, NIST SP 800-63B-4 section
//! 3.1.1.2), since a phone and a desktop may send the same letters in other code points. Hashes of
//! another form, which were made before or elsewhere, are still verified, by the password as received.
//! Django's plain `bcrypt` format never looked further than 72 bytes; such a hash is replaced at the
//! next login.

mod argon;
mod imported;

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The stored value of an account without a password. No password ever matches it.
pub const UNUSABLE: &str = "!";

/// What an argon2id hash costs to compute.
///
/// The default is the configuration of OWASP's Password Storage Cheat Sheet with the least
/// passes over moderate memory: 19 MiB, 2 passes, 1 lane (ASVS 5.0 11.4.2).
///
/// Values outside what can be computed and verified again are moved to the nearest limit when
/// they are used: memory from 8 KiB per lane to 1 GiB, at least one pass and one lane, and at
/// most 4 GiB of memory times passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes. They are computed one after the other, so more lanes are not faster here.
    pub lanes: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// The outcome of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or a stored value that no password matches.
    Wrong,
    /// The password that was hashed.
    Right {
        /// The hash was made by another algorithm or with other parameters than the current
        /// ones: hash the password anew while it is at hand.
        rehash: bool,
    },
}

/// Hashes a password with argon2id, encoded as Django does:
/// `argon2$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, both base64 without padding.
///
/// `salt` must be fresh from the system's random source for every call. Blocking.
///
/// A password of 4 GiB or more, which argon2 cannot take, yields [`UNUSABLE`].
pub fn hash(password: &str, salt: [u8; 16], parameters: &Parameters) -> String {
    argon::hash(&composed(password), &salt, parameters).unwrap_or_else(|| UNUSABLE.to_owned())
}

/// Does the work of verifying a wrong password, for callers that must not reveal that there is nothing to verify it
/// against. Blocking.
pub fn pretend_to_verify(password: &str, salt: [u8; 16], parameters: &Parameters) {
    for form in forms(password) {
        argon::hash(&form, &salt, parameters);
    }
}

/// The password in NFC.
fn composed(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { Cow::Borrowed(password) } else { Cow::Owned(password.nfc().collect()) }
}

/// The forms in which a password is tried: in NFC, and as received where that differs.
fn forms(password: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let composed = composed(password);
    let received = (composed != password).then_some(Cow::Borrowed(password));
    std::iter::once(composed).chain(received)
}

/// Tells whether `password` is the one that was stored as `encoded`, in constant time as far as
/// the hash is concerned. Blocking.
///
/// Understands Django's `argon2`, `pbkdf2_sha256`, `pbkdf2_sha1`, `scrypt`, `bcrypt_sha256` and
/// `bcrypt`. A value that is malformed, unusable (see [`is_usable`]), of any other kind, or so
/// expensive that computing it would stall the service, is [`Verdict::Wrong`]. The most that is
/// computed takes a few seconds:
///
/// - argon2: 1 GiB of memory, and 4 GiB of memory times passes;
/// - PBKDF2: 10 million iterations;
/// - scrypt: 256 MiB of memory (`n * r`), and 1 GiB of memory times lanes;
/// - bcrypt: cost 16.
///
/// A password that is not in NFC is tried in NFC, and then as received: a hash that only the latter
/// fits is to be made anew.
///
/// Refusals are immediate. Callers that must not reveal whether an account has a password spend
/// the usual time themselves, with [`pretend_to_verify`].
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

/// Whether the stored value stands for a password at all. As in Django, only a value that starts
/// with `!` does not: whether another value makes sense is for [`verify`] to tell.
pub fn is_usable(encoded: &str) -> bool {
    !encoded.starts_with('!')
}

/// A positive decimal number as Django writes it: no sign, space or leading zero, so that every
/// hash has one encoding only.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests;
