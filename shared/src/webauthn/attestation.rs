//! The attestation object of a new credential (WebAuthn Level 3, section 6.5).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_cbor_2::{Deserializer, Value};
use webauthn_rs_core::proto::COSEKey;

use super::{
    CeremonyError,
    keys::{self, StandIn},
};

/// Removes the attestation statement. If the engine does not support the public key, replaces the key by a stand-in and
/// returns the real key as the second value.
///
/// We do not request attestation, so a statement that a client sends anyway is ignored. django-allauth ignores it too.
///
/// # Errors
///
/// [`CeremonyError::Malformed`] if it is not an attestation object.
pub(super) fn strip(object: &[u8]) -> Result<(Vec<u8>, Option<COSEKey>), CeremonyError> {
    let malformed = |error: String| CeremonyError::Malformed(format!("attestationObject: {error}"));
    let members = serde_cbor_2::from_slice::<BTreeMap<String, Value>>(object).map_err(|e| malformed(e.to_string()))?;
    let Some(Value::Bytes(data)) = members.get("authData") else { return Err(malformed("no authData".to_owned())) };
    let mut data = data.clone();
    let key = match key_of(&data) {
        Some((key, start, end)) => {
            data.splice(start..end, StandIn::new()?.cose()?);
            Some(key)
        }
        None => None,
    };
    let stripped = [
        ("fmt", Value::Text("none".to_owned())),
        ("attStmt", Value::Map(BTreeMap::new())),
        ("authData", Value::Bytes(data)),
    ];
    let stripped = serde_cbor_2::to_vec(&BTreeMap::from(stripped)).map_err(|e| malformed(e.to_string()))?;
    Ok((stripped, key))
}

/// Returns the public key in authenticator data (section 6.5.1) with its start and end, if the engine does not support
/// it.
fn key_of(data: &[u8]) -> Option<(COSEKey, usize, usize)> {
    const ATTESTED_CREDENTIAL_DATA: u8 = 0x40;
    if data.get(32)? & ATTESTED_CREDENTIAL_DATA == 0 {
        return None;
    }
    // 37 bytes of digest, flags and counter, and 16 of the authenticator's kind. Then the credential id with its
    // length.
    let length = u16::from_be_bytes([*data.get(53)?, *data.get(54)?]);
    let start = 55 + usize::from(length);
    let mut reader = Deserializer::from_slice(data.get(start..)?);
    let key = keys::parse(&Value::deserialize(&mut reader).ok()?)?;
    Some((key, start, start + reader.byte_offset()))
}
