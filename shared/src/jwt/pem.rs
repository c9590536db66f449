//! Parses a private key in PEM form (RFC 7468).

use super::KeyError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The two formats of an RSA private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `PrivateKeyInfo` (RFC 5958).
    Pkcs8,
    /// `RSAPrivateKey` (RFC 8017, appendix A.1.2).
    Pkcs1,
}

/// Returns the format and the DER bytes of the first block in the text. A line break can also be written as `\n`, which
/// is common in environment variables.
///
/// # Errors
/// [`KeyError::Pem`], [`KeyError::Label`], [`KeyError::Encrypted`].
pub(super) fn private_key(text: &str) -> Result<(Form, Zeroizing<Vec<u8>>), KeyError> {
    let (_, rest) = text.split_once("-----BEGIN ").ok_or(KeyError::Pem)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::Pem)?;
    let form = match label {
        "PRIVATE KEY" => Form::Pkcs8,
        "RSA PRIVATE KEY" => Form::Pkcs1,
        "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
        other => return Err(KeyError::Label(other.chars().take(40).collect())),
    };
    let (body, rest) = rest.split_once("-----END ").ok_or(KeyError::Pem)?;
    if !rest.strip_prefix(label).is_some_and(|rest| rest.starts_with("-----")) {
        return Err(KeyError::Pem);
    }
    if body.contains("Proc-Type:") {
        return Err(KeyError::Encrypted);
    }
    let mut letters = Zeroizing::new(String::with_capacity(body.len()));
    for line in body.split("\\n") {
        letters.extend(line.chars().filter(|letter| !letter.is_ascii_whitespace()));
    }
    let der = STANDARD.decode(letters.as_bytes()).map_err(|_| KeyError::Pem)?;
    Ok((form, Zeroizing::new(der)))
}
