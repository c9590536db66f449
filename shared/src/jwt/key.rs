//! Signing keys: RSA keys and shared secrets.

use super::{KeyError, encode, pem};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use aws_lc_rs::{digest, hmac};
use jsonwebtoken::{DecodingKey, Validation};
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

/// Minimum size of a shared secret in bytes (RFC 7518, section 3.2).
pub const SECRET_MIN_LENGTH: usize = 32;
/// Separates the name of a secret from other values that are derived from it.
const SECRET_LABEL: &[u8] = b"latchkey: kid of a shared secret";
/// Size of the digest that names a shared secret, in bytes.
const SECRET_NAME_LENGTH: usize = 16;

/// The algorithm that signs tokens: `HEADLESS_JWT_ALGORITHM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3). Anyone can verify.
    Rs256,
    /// HMAC with SHA-256 (RFC 7518, section 3.2). Anyone who can verify can also sign.
    Hs256,
}

impl Algorithm {
    /// Returns the name in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    fn in_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
        }
    }
}

/// An RSA key as a JSON Web Key (RFC 7518, section 6.3.1).
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PublicKey<'a> {
    /// `RSA`.
    pub kty: &'static str,
    /// `sig`.
    pub r#use: &'static str,
    /// The algorithm.
    pub alg: &'static str,
    /// The key's name.
    pub kid: &'a str,
    /// The modulus.
    pub n: &'a str,
    /// The exponent.
    pub e: &'a str,
}

/// A key that signs and verifies tokens. It is expensive to create and cheap to use, so create it once.
pub struct SigningKey {
    kid: String,
    material: Material,
    decoding: DecodingKey,
    validation: Validation,
}

enum Material {
    Rsa { pair: Box<RsaKeyPair>, modulus: String, exponent: String },
    Secret(Box<hmac::Key>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Parses the RS256 key of `HEADLESS_JWT_PRIVATE_KEY`: PEM, as PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// [`KeyError::Pem`], [`KeyError::Label`], [`KeyError::Encrypted`], [`KeyError::Rejected`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (form, der) = pem::private_key(text)?;
        match form {
            pem::Form::Pkcs8 => Self::from_pkcs8(&der),
            pem::Form::Pkcs1 => Ok(Self::of_pair(RsaKeyPair::from_der(&der).map_err(rejected)?)),
        }
    }

    /// Parses an RS256 key that [`SigningKey::generate`] created: PKCS#8 (RFC 5958), DER.
    ///
    /// # Errors
    /// [`KeyError::Rejected`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::of_pair(RsaKeyPair::from_pkcs8(der).map_err(rejected)?))
    }

    /// Generates an RS256 key of 2048 bits. Returns it with its PKCS#8 DER, to be encrypted and stored. It can take
    /// most of a second of CPU time.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
        let der = Zeroizing::new(der.as_ref().to_vec());
        Ok((Self::of_pair(pair), der))
    }

    /// Creates an HS256 key from `HEADLESS_JWT_PRIVATE_KEY` or, if that is empty, from `SECRET_KEY`, as in the
    /// reference. The secret is the bytes of the text.
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`].
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SECRET_MIN_LENGTH {
            return Err(KeyError::ShortSecret);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let name = hmac::sign(&key, SECRET_LABEL);
        let kid = encode(&name.as_ref()[..SECRET_NAME_LENGTH]);
        let decoding = DecodingKey::from_secret(secret);
        Ok(Self { kid, material: Material::Secret(Box::new(key)), decoding, validation: validation(Algorithm::Hs256) })
    }

    fn of_pair(pair: RsaKeyPair) -> Self {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (modulus, exponent) = (encode(&public.n), encode(&public.e));
        Self {
            kid: thumbprint(&modulus, &exponent),
            material: Material::Rsa { pair: Box::new(pair), modulus, exponent },
            decoding: DecodingKey::from_rsa_raw_components(&public.n, &public.e),
            validation: validation(Algorithm::Rs256),
        }
    }

    /// Returns the key's name in headers and in the key set. For RSA, it is the thumbprint (RFC 7638), as in the
    /// reference. For a shared secret, it is a labeled digest, which does not reveal the secret.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::Secret(_) => Algorithm::Hs256,
        }
    }

    /// Returns the public key as a JSON Web Key (RFC 7517, RFC 7518 section 6.3.1). A shared secret has none.
    pub fn jwk(&self) -> Option<PublicKey<'_>> {
        let Material::Rsa { modulus, exponent, .. } = &self.material else { return None };
        let alg = self.algorithm().as_str();
        Some(PublicKey { kty: "RSA", r#use: "sig", alg, kid: &self.kid, n: modulus, e: exponent })
    }

    /// Returns the signature of a message, in base64url. The same message always has the same signature.
    pub(super) fn signature(&self, message: &[u8]) -> Result<String, KeyError> {
        match &self.material {
            Material::Secret(key) => Ok(encode(hmac::sign(key, message).as_ref())),
            Material::Rsa { pair, .. } => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // This padding uses no randomness, but the function requires the parameter.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| KeyError::Sign)?;
                Ok(encode(&signature))
            }
        }
    }

    pub(super) fn decoding(&self) -> (&DecodingKey, &Validation) {
        (&self.decoding, &self.validation)
    }
}

fn rejected(error: aws_lc_rs::error::KeyRejected) -> KeyError {
    KeyError::Rejected(error.to_string())
}

/// Returns the checks for the library: the signature, and that the algorithm is this one. This module checks the
/// claims, with the given time.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.in_library());
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    validation
}

/// Returns the thumbprint of RFC 7638, section 3: the required members of RSA keys, in lexicographic order, without
/// white space.
pub(super) fn thumbprint(modulus: &str, exponent: &str) -> String {
    let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    encode(digest::digest(&digest::SHA256, members.as_bytes()).as_ref())
}
