//! Lenient parsing of clients' answers: only the members that the verification needs are required.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use webauthn_rs_core::proto::{
    AuthenticationExtensionsClientOutputs, AuthenticatorAssertionResponseRaw, AuthenticatorAttestationResponseRaw,
    AuthenticatorTransport, COSEKey, PublicKeyCredential, RegisterPublicKeyCredential,
    RegistrationExtensionsClientOutputs,
};

use super::{CeremonyError, attestation};

/// Parses the field `credential` of a request like Django's `JSONField`: empty values count as missing, and a string is
/// parsed as JSON.
///
/// # Errors
///
/// [`CeremonyError::Required`] and [`CeremonyError::Invalid`].
pub fn credential_field(value: Option<&Value>) -> Result<Cow<'_, Value>, CeremonyError> {
    let value = match value {
        Some(Value::String(text)) if !text.is_empty() => {
            Cow::Owned(serde_json::from_str(text).map_err(|_| CeremonyError::Invalid)?)
        }
        Some(value) => Cow::Borrowed(value),
        None => return Err(CeremonyError::Required),
    };
    match value.as_ref() {
        Value::Null => Err(CeremonyError::Required),
        Value::String(s) if s.is_empty() => Err(CeremonyError::Required),
        Value::Array(a) if a.is_empty() => Err(CeremonyError::Required),
        Value::Object(o) if o.is_empty() => Err(CeremonyError::Required),
        _ => Ok(value),
    }
}

#[derive(Deserialize)]
struct Envelope<R> {
    id: Option<String>,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    response: R,
    #[serde(rename = "clientExtensionResults")]
    extensions: Option<Value>,
}

#[derive(Deserialize)]
struct Attestation {
    #[serde(rename = "attestationObject")]
    attestation_object: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(default)]
    transports: Value,
}

#[derive(Deserialize)]
struct Assertion {
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    signature: String,
    #[serde(rename = "userHandle")]
    user_handle: Option<String>,
}

/// The answer to `navigator.credentials.create()`.
pub(super) struct Registration {
    /// The part that the engine verifies.
    pub answer: RegisterPublicKeyCredential,
    /// The public key, if the engine does not support it and verifies a stand-in.
    pub key: Option<COSEKey>,
    /// The value of `credProps.rk`, as the client reports it.
    pub is_discoverable: Option<bool>,
    /// How the authenticator can be reached. Unknown words are omitted.
    pub transports: Option<Vec<AuthenticatorTransport>>,
}

/// Parses the answer to `navigator.credentials.create()`.
pub(super) fn registration(value: &Value) -> Result<Registration, CeremonyError> {
    let (envelope, raw_id) = open::<Attestation>(value)?;
    let is_discoverable =
        envelope.extensions.as_ref().and_then(|e| e.pointer("/credProps/rk")).and_then(Value::as_bool);
    let (attestation_object, key) =
        attestation::strip(&bytes("attestationObject", &envelope.response.attestation_object)?)?;
    let response = AuthenticatorAttestationResponseRaw {
        attestation_object,
        client_data_json: bytes("clientDataJSON", &envelope.response.client_data)?,
        transports: None,
    };
    let answer = RegisterPublicKeyCredential {
        id: envelope.raw_id,
        raw_id,
        response,
        type_: PUBLIC_KEY.to_owned(),
        extensions: RegistrationExtensionsClientOutputs::default(),
    };
    Ok(Registration { answer, key, is_discoverable, transports: transports(&envelope.response.transports) })
}

/// Returns the known transports in a list, each once.
fn transports(list: &Value) -> Option<Vec<AuthenticatorTransport>> {
    let mut known = Vec::new();
    for word in list.as_array()?.iter().filter_map(Value::as_str) {
        if let Ok(transport) = word.parse()
            && !known.contains(&transport)
        {
            known.push(transport);
        }
    }
    (!known.is_empty()).then_some(known)
}

/// Parses the answer to `navigator.credentials.get()`. An empty user handle counts as absent.
pub(super) fn assertion(value: &Value) -> Result<PublicKeyCredential, CeremonyError> {
    let (envelope, raw_id) = open::<Assertion>(value)?;
    let handle = envelope.response.user_handle.filter(|h| !h.is_empty());
    let response = AuthenticatorAssertionResponseRaw {
        authenticator_data: bytes("authenticatorData", &envelope.response.authenticator_data)?,
        client_data_json: bytes("clientDataJSON", &envelope.response.client_data)?,
        signature: bytes("signature", &envelope.response.signature)?,
        user_handle: handle.map(|h| bytes("userHandle", &h)).transpose()?,
    };
    Ok(PublicKeyCredential {
        id: envelope.raw_id,
        raw_id,
        response,
        extensions: AuthenticationExtensionsClientOutputs::default(),
        type_: PUBLIC_KEY.to_owned(),
    })
}

const PUBLIC_KEY: &str = "public-key";

fn open<R: DeserializeOwned>(value: &Value) -> Result<(Envelope<R>, Vec<u8>), CeremonyError> {
    // The check is needed because `R::deserialize` would accept an array with the members in order.
    if !value.is_object() || !value["response"].is_object() {
        return Err(CeremonyError::Malformed("not an object".to_owned()));
    }
    let envelope = Envelope::<R>::deserialize(value).map_err(|error| CeremonyError::Malformed(error.to_string()))?;
    if envelope.kind.as_deref().is_some_and(|kind| kind != PUBLIC_KEY) {
        return Err(CeremonyError::Malformed("type is not public-key".to_owned()));
    }
    let raw_id = bytes("rawId", &envelope.raw_id)?;
    if let Some(id) = &envelope.id
        && bytes("id", id)? != raw_id
    {
        return Err(CeremonyError::Malformed("id is not rawId".to_owned()));
    }
    Ok((envelope, raw_id))
}

/// Base64url, with or without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a binary member. Some native clients send plain base64, so both alphabets are accepted.
fn bytes(member: &str, text: &str) -> Result<Vec<u8>, CeremonyError> {
    let text = text.replace('+', "-").replace('/', "_");
    BASE64URL.decode(text).map_err(|_| CeremonyError::Malformed(format!("{member} is not base64url")))
}
