//! Keys whose signatures the engine does not verify: Ed25519, P-521, RSA-PSS, and RSA keys of more than 2,048 bits.
//!
//! This module verifies those signatures itself. The engine still checks everything else in such an answer: it gets the
//! same answer with a [`StandIn`] instead of the key.

use std::collections::BTreeMap;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ED25519, EcdsaKeyPair, KeyPair,
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use serde_cbor_2::Value;
use webauthn_rs_core::proto::{
    COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSEOKPKey, COSERSAKey, ECDSACurve, EDDSACurve,
};

use super::CeremonyError;

/// The algorithms that are offered, in the order of preference: those of django-allauth that authenticators support.
pub(super) const ALGORITHMS: [COSEAlgorithm; 6] = [
    COSEAlgorithm::ES256,
    COSEAlgorithm::EDDSA,
    COSEAlgorithm::ES384,
    COSEAlgorithm::ES521,
    COSEAlgorithm::PS256,
    COSEAlgorithm::RS256,
];

/// Size of the RSA modulus that the engine accepts, in bytes. It is also the smallest secure size.
const RSA_2048: usize = 256;
/// Maximum size of an RSA modulus in bytes. Keys are stored in the user's item, which must stay small.
const RSA_4096: usize = 512;

/// Parses a public key (RFC 9053) that the engine does not support. Returns `None` for keys that the engine supports,
/// and for keys that this module does not support either.
pub(super) fn parse(cose: &Value) -> Option<COSEKey> {
    let Value::Map(map) = cose else { return None };
    let number = |label| match map.get(&Value::Integer(label)) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    let bytes = |label| match map.get(&Value::Integer(label)) {
        Some(Value::Bytes(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let (type_, key) = match (number(1)?, number(3)?) {
        (1, -8) if number(-1)? == 6 && bytes(-2)?.len() == 32 => {
            let x = bytes(-2)?.to_vec();
            (COSEAlgorithm::EDDSA, COSEKeyType::EC_OKP(COSEOKPKey { curve: EDDSACurve::ED25519, x }))
        }
        (3, -37) => (COSEAlgorithm::PS256, rsa(bytes(-1)?, bytes(-2)?)?),
        (3, -257) => (COSEAlgorithm::RS256, rsa(bytes(-1)?, bytes(-2)?)?),
        _ => return None,
    };
    let key = COSEKey { type_, key };
    (!is_known_to_engine(&key)).then_some(key)
}

fn rsa(n: &[u8], e: &[u8]) -> Option<COSEKeyType> {
    let (n, e) = (trimmed(n), trimmed(e));
    let mut exponent = [0; 3];
    exponent.get_mut(3_usize.checked_sub(e.len())?..)?.copy_from_slice(e);
    (RSA_2048..=RSA_4096).contains(&n.len()).then(|| COSEKeyType::RSA(COSERSAKey { n: n.to_vec(), e: exponent }))
}

/// Returns the number without leading zeros.
fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// Returns whether the engine verifies signatures of this key.
pub(super) fn is_known_to_engine(key: &COSEKey) -> bool {
    match (&key.type_, &key.key) {
        (COSEAlgorithm::ES256 | COSEAlgorithm::ES384, COSEKeyType::EC_EC2(_)) => true,
        (COSEAlgorithm::RS256, COSEKeyType::RSA(key)) => key.n.len() == RSA_2048,
        _ => false,
    }
}

/// Returns whether this is the key's signature of a message.
pub(super) fn verify(key: &COSEKey, message: &[u8], signature: &[u8]) -> bool {
    let verified = match (&key.type_, &key.key) {
        (COSEAlgorithm::EDDSA, COSEKeyType::EC_OKP(key)) if key.curve == EDDSACurve::ED25519 => {
            UnparsedPublicKey::new(&ED25519, &key.x).verify(message, signature)
        }
        (COSEAlgorithm::ES521, COSEKeyType::EC_EC2(key)) if key.curve == ECDSACurve::SECP521R1 => {
            let point = [&[0x04], key.x.as_slice(), key.y.as_slice()].concat();
            UnparsedPublicKey::new(&ECDSA_P521_SHA512_ASN1, point).verify(message, signature)
        }
        (COSEAlgorithm::PS256, COSEKeyType::RSA(key)) => {
            components(key).verify(&RSA_PSS_2048_8192_SHA256, message, signature)
        }
        (COSEAlgorithm::RS256, COSEKeyType::RSA(key)) => {
            components(key).verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        }
        _ => return false,
    };
    verified.is_ok()
}

fn components(key: &COSERSAKey) -> RsaPublicKeyComponents<&[u8]> {
    RsaPublicKeyComponents { n: trimmed(&key.n), e: trimmed(&key.e) }
}

/// A P-256 key that replaces a key that the engine does not support. It is created for one answer and then discarded.
pub(super) struct StandIn(EcdsaKeyPair);

impl StandIn {
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn new() -> Result<Self, CeremonyError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Self).map_err(unavailable)
    }

    /// Returns the public key.
    pub fn key(&self) -> COSEKey {
        // SEC 1, section 2.3.3: 0x04, x, y.
        let point = self.0.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let key = COSEEC2Key { curve: ECDSACurve::SECP256R1, x: x.to_vec(), y: y.to_vec() };
        COSEKey { type_: COSEAlgorithm::ES256, key: COSEKeyType::EC_EC2(key) }
    }

    /// Returns the public key in the encoding of authenticators.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn cose(&self) -> Result<Vec<u8>, CeremonyError> {
        let point = self.0.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let numbers = [(1, 2), (3, -7), (-1, 1)].map(|(label, value)| (label, Value::Integer(value)));
        let coordinates = [(-2, x), (-3, y)].map(|(label, bytes)| (label, Value::Bytes(bytes.to_vec())));
        let members = numbers.into_iter().chain(coordinates).map(|(label, value)| (Value::Integer(label), value));
        serde_cbor_2::to_vec(&members.collect::<BTreeMap<_, _>>()).map_err(unavailable)
    }

    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CeremonyError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(unavailable)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn unavailable(error: impl std::fmt::Display) -> CeremonyError {
    CeremonyError::State(error.to_string())
}
