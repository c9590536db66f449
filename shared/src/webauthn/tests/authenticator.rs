//! A software authenticator: ES256, attestation "none". Keys are fixed numbers, so runs are alike.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const UP: u8 = 0x01;
pub const UV: u8 = 0x04;
pub const BE: u8 = 0x08;
const AT: u8 = 0x40;

pub fn b64(bytes: &[u8]) -> String {
    B64.encode(bytes)
}

/// One credential on an authenticator, and what the client around it says.
#[derive(Clone)]
pub struct Authenticator {
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub rk: Option<bool>,
    pub cross_origin: bool,
    pub id: Vec<u8>,
    key: SigningKey,
    handle: Vec<u8>,
}

impl Authenticator {
    pub fn new(number: u8, origin: &str, rp_id: &str) -> Self {
        Self {
            origin: origin.into(),
            rp_id: rp_id.into(),
            flags: UP | UV,
            counter: 0,
            rk: Some(true),
            cross_origin: false,
            id: vec![number; 32],
            key: SigningKey::from_slice(&[number; 32]).unwrap(),
            handle: Vec::new(),
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin})
            .to_string()
            .into_bytes()
    }

    fn auth_data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    pub fn attestation_object(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let mut data = self.auth_data(self.flags | AT);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point.as_bytes()[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point.as_bytes()[33..65]);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        object
    }

    pub fn create(&mut self, options: &Value) -> Value {
        let user = options["publicKey"]["user"]["id"].as_str().unwrap();
        self.handle = B64.decode(user).unwrap();
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": self.rk.map_or(json!({}), |rk| json!({"credProps": {"rk": rk}})),
            "response": {
                "clientDataJSON": b64(&self.client_data("webauthn.create", options)),
                "attestationObject": b64(&self.attestation_object()),
                "transports": ["internal", "something new"],
            },
        })
    }

    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        self.get_again(options)
    }

    /// Without counting.
    pub fn get_again(&self, options: &Value) -> Value {
        let data = self.auth_data(self.flags);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), Sha256::digest(&client).as_slice()].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(&client), "authenticatorData": b64(&data),
                "signature": b64(signature.to_der().as_bytes()), "userHandle": b64(&self.handle),
            },
        })
    }
}
