//! Formats that are only verified, never written. They come with accounts from Django.
//!
//! Every function takes the text after the algorithm's name and `$`. It returns whether the password matches, or `None`
//! if the text is malformed or too expensive to compute.

use ::bcrypt::HashParts;
use ::scrypt::Params;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::EagerHash;
use pbkdf2::pbkdf2_hmac_array;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::number;

/// Maximum number of iterations: ten times Django's own.
const MAX_ITERATIONS: u32 = 10_000_000;
/// Maximum number of blocks of 128 bytes: 256 MiB.
const MAX_SCRYPT_BLOCKS: u64 = 2 * 1024 * 1024;
/// Maximum number of blocks of 128 bytes in all lanes together: 1 GiB.
const MAX_SCRYPT_WORK: u64 = 4 * MAX_SCRYPT_BLOCKS;
/// Size of Django's scrypt hashes in bytes.
const SCRYPT_BYTES: usize = 64;
/// Maximum log2 of bcrypt's rounds. Django's own is 12.
const MAX_BCRYPT_COST: u32 = 16;

/// Verifies `<iterations>$<salt>$<base64>` of PBKDF2 with HMAC and SHA-256.
pub(super) fn pbkdf2_sha256(password: &str, rest: &str) -> Option<bool> {
    pbkdf2::<Sha256, 32>(password, rest)
}

/// Verifies `<iterations>$<salt>$<base64>` of PBKDF2 with HMAC and SHA-1.
pub(super) fn pbkdf2_sha1(password: &str, rest: &str) -> Option<bool> {
    pbkdf2::<Sha1, 20>(password, rest)
}

/// Verifies PBKDF2 with any hash of `N` bytes.
fn pbkdf2<D: EagerHash, const N: usize>(password: &str, rest: &str) -> Option<bool> {
    let [iterations, salt, expected] = fields(rest)?;
    let iterations = number(iterations).filter(|count| *count <= MAX_ITERATIONS)?;
    let expected = decode::<N>(expected)?;
    let salt = required(salt)?;
    let hash = pbkdf2_hmac_array::<D, N>(password.as_bytes(), salt, iterations);
    Some(hash.ct_eq(&expected).into())
}

/// Verifies `<n>$<salt>$<r>$<p>$<base64>` of scrypt.
pub(super) fn scrypt(password: &str, rest: &str) -> Option<bool> {
    let [n, salt, r, p, expected] = fields(rest)?;
    let params = scrypt_params(number(n)?, number(r)?, number(p)?)?;
    let expected = decode::<SCRYPT_BYTES>(expected)?;
    let mut hash = [0; SCRYPT_BYTES];
    ::scrypt::scrypt(password.as_bytes(), required(salt)?, &params, &mut hash).ok()?;
    Some(hash.ct_eq(&expected).into())
}

/// Returns scrypt's parameters within the limits. They are checked here because the library multiplies them before its
/// own check.
fn scrypt_params(n: u32, r: u32, p: u32) -> Option<Params> {
    let blocks = u64::from(n) * u64::from(r);
    if n < 2 || !n.is_power_of_two() || blocks > MAX_SCRYPT_BLOCKS {
        return None;
    }
    if blocks * u64::from(p) > MAX_SCRYPT_WORK {
        return None;
    }
    Params::new(u8::try_from(n.ilog2()).ok()?, r, p).ok()
}

/// Verifies `$2b$<cost>$<salt and hash>` of the password's SHA-256 in hexadecimal, which is shorter than bcrypt's limit
/// of 72 bytes.
pub(super) fn bcrypt_sha256(password: &str, rest: &str) -> Option<bool> {
    bcrypt(&hexadecimal(&Sha256::digest(password)), rest)
}

/// Verifies `$2b$<cost>$<salt and hash>` of the password's first 72 bytes.
pub(super) fn bcrypt(password: &str, rest: &str) -> Option<bool> {
    let cost = rest.parse::<HashParts>().ok()?.get_cost();
    // The library accepts `+4` as a number, but the only valid encoding of a cost is two digits.
    let canonical = rest.get(4..6) == Some(format!("{cost:02}").as_str());
    if cost > MAX_BCRYPT_COST || !canonical {
        return None;
    }
    ::bcrypt::verify(password, rest).ok()
}

/// Splits a text into exactly `N` parts.
fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let parts: Vec<&str> = text.splitn(N + 1, '$').collect();
    parts.try_into().ok()
}

/// Decodes padded base64 of exactly `N` bytes.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Returns the salt. Django's salts are never empty, so a value with an empty one is not from Django.
fn required(salt: &str) -> Option<&[u8]> {
    Some(salt.as_bytes()).filter(|salt| !salt.is_empty())
}

/// Returns lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
