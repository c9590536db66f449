#![doc = include_str!("../README.md")]

mod argon;
mod imported;

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The stored value of an account without a password. No password matches it.
pub const UNUSABLE: &str = "!";

/// The cost of an Argon2id hash.
///
/// The default is a configuration of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane (ASVS 5.0 11.4.2).
///
/// Values that cannot be computed, or not verified again, are moved to the nearest limit when they are used: memory from
/// 8 KiB per lane to 1 GiB, at least one pass and one lane, and at most 4 GiB of memory times passes.
///
/// These are all parameters that Argon2 has in Django's format, so this struct gets no other field.
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

/// The outcome of comparing a password with a stored hash. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or no password matches the stored value.
    Wrong,
    /// The password is right.
    Right {
        /// Whether the hash was made by another algorithm or with other parameters than the current ones. If so, call
        /// [`hash`] while the password is available.
        rehash: bool,
    },
}

/// Hashes a password with Argon2id. Blocks.
///
/// The text is Django's: `argon2$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, with salt and hash in base64 without padding.
/// `salt` must come from the random source of the system for every call.
///
/// Returns [`UNUSABLE`] for a password of 4 GiB or more, which Argon2 does not accept.
///
/// ```
/// use django_password_hash::{Parameters, hash};
///
/// let cheap = Parameters { memory_kib: 64, passes: 1, lanes: 2 };
/// let stored = hash("correct horse", *b"0123456789abcdef", &cheap);
/// assert!(stored.starts_with("argon2$argon2id$v=19$m=64,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg$"));
/// ```
pub fn hash(password: &str, salt: [u8; 16], parameters: &Parameters) -> String {
    argon::hash(&composed(password), &salt, parameters).unwrap_or_else(|| UNUSABLE.to_owned())
}

/// Takes as long as verifying a wrong password. For callers that must not reveal that there is no hash to compare with.
/// Blocks.
///
/// ```
/// use django_password_hash::{Parameters, Verdict, pretend_to_verify, verify};
///
/// fn check(password: &str, stored: Option<&str>, salt: [u8; 16]) -> Verdict {
///     let parameters = Parameters::default();
///     match stored {
///         Some(stored) => verify(password, stored, &parameters),
///         None => {
///             pretend_to_verify(password, salt, &parameters);
///             Verdict::Wrong
///         }
///     }
/// }
/// assert_eq!(check("correct horse", None, [7; 16]), Verdict::Wrong);
/// ```
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

/// Returns whether `password` is the one that was stored as `encoded`. Blocks.
///
/// Understands Django's `argon2`, `pbkdf2_sha256`, `pbkdf2_sha1`, `scrypt`, `bcrypt_sha256` and `bcrypt`. Returns
/// [`Verdict::Wrong`] for a value of any other kind, and for one that is malformed, unusable (see [`is_usable`]), or above the
/// limits in the [description of the crate](crate#what-it-does). Such refusals are immediate: see [`pretend_to_verify`].
///
/// Tries a password that is not in NFC in NFC first, and then as received. A hash that only the latter fits is outdated.
///
/// ```
/// use django_password_hash::{Parameters, Verdict, verify};
///
/// let imported = "scrypt$16$w7FqQeSALTyUX1$8$5$bJ++zSRLXuO98wbabJdiruWazOwRAgDPtr0L7/unLxDO6xtlg5kWBhmu5P+hVotau/kvxI83YjI0MnwkbVMFtg==";
/// assert_eq!(verify("correct horse", imported, &Parameters::default()), Verdict::Right { rehash: true });
/// assert_eq!(verify("correct horse", "no hash at all", &Parameters::default()), Verdict::Wrong);
/// ```
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

/// Returns whether a stored value is meant to be the hash of a password. As in Django, values that start with `!` are not.
/// Whether any other value is well-formed is for [`verify`] to decide.
///
/// ```
/// use django_password_hash::{UNUSABLE, is_usable};
///
/// assert!(!is_usable(UNUSABLE) && !is_usable("!kF3jd8sLq0"));
/// ```
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
mod properties;
#[cfg(test)]
mod tests;
