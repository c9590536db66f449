//! A software authenticator with attestation "none". It creates ES256 keys from fixed numbers, unless another algorithm
//! is chosen.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const UP: u8 = 0x01;
pub const UV: u8 = 0x04;
pub const BE: u8 = 0x08;
pub const BS: u8 = 0x10;
const AT: u8 = 0x40;

pub fn b64(bytes: &[u8]) -> String {
    B64.encode(bytes)
}

/// Returns the same answer in plain base64 with padding, as some native clients send it.
pub fn in_plain_base64(mut answer: Value) -> Value {
    let plain = |member: &mut Value| {
        if let Some(text) = member.as_str() {
            *member = json!(STANDARD.encode(B64.decode(text).unwrap()));
        }
    };
    plain(&mut answer["id"]);
    plain(&mut answer["rawId"]);
    answer["response"].as_object_mut().unwrap().values_mut().for_each(plain);
    answer
}

/// A private key.
#[derive(Clone)]
enum Key {
    P256(SigningKey),
    /// P-384 or P-521, by COSE number.
    Ecdsa(i64, Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
    /// RS256 or PS256, by COSE number.
    Rsa(i64, Arc<RsaKeyPair>),
}

impl Key {
    fn new(algorithm: i64, number: u8) -> Self {
        match algorithm {
            -7 => Self::P256(SigningKey::from_slice(&[number; 32]).unwrap()),
            -8 => Self::Ed25519(Arc::new(Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap())),
            -35 => Self::Ecdsa(-35, Arc::new(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap())),
            -36 => Self::Ecdsa(-36, Arc::new(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_ASN1_SIGNING).unwrap())),
            other => Self::Rsa(other, Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())),
        }
    }

    /// Returns the public key as a COSE map.
    fn cose(&self) -> Vec<u8> {
        match self {
            // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                ec2(&[0x26], 1, &point.as_bytes()[1..])
            }
            Self::Ecdsa(-35, key) => ec2(&[0x38, 34], 2, &key.public_key().as_ref()[1..]),
            Self::Ecdsa(_, key) => ec2(&[0x38, 35], 3, &key.public_key().as_ref()[1..]),
            // {1: 1, 3: -8, -1: 6, -2: x}
            Self::Ed25519(key) => {
                [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21][..], &bytes(key.public_key().as_ref())].concat()
            }
            // {1: 3, 3: -257, -1: n, -2: e}
            Self::Rsa(algorithm, key) => {
                let number: &[u8] = if *algorithm == -37 { &[0x38, 36] } else { &[0x39, 1, 0] };
                let n = bytes(key.public_key().modulus().big_endian_without_leading_zero());
                let e = bytes(key.public_key().exponent().big_endian_without_leading_zero());
                [&[0xa4, 0x01, 0x03, 0x03][..], number, &[0x20], &n, &[0x21], &e].concat()
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        match self {
            Self::P256(key) => {
                let signature: Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ecdsa(_, key) => key.sign(&chance, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Rsa(algorithm, key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let padding = if *algorithm == -37 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                key.sign(padding, &chance, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// {1: 2, 3: algorithm, -1: curve, -2: x, -3: y}
fn ec2(algorithm: &[u8], curve: u8, point: &[u8]) -> Vec<u8> {
    let (x, y) = point.split_at(point.len() / 2);
    let head: &[u8] = &[0xa5, 0x01, 0x02, 0x03];
    [head, algorithm, &[0x20, curve, 0x21], &bytes(x), &[0x22], &bytes(y)].concat()
}

/// Returns a CBOR byte string.
fn bytes(content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head: &[u8] = if high > 0 { &[0x59, high, low] } else { &[0x58, low] };
    [head, content].concat()
}

/// One credential on an authenticator, and the data that the client adds.
#[derive(Clone)]
pub struct Authenticator {
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub rk: Option<bool>,
    pub cross_origin: bool,
    pub top_origin: Option<String>,
    pub id: Vec<u8>,
    key: Key,
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
            top_origin: None,
            id: vec![number; 32],
            key: Key::new(-7, number),
            handle: Vec::new(),
        }
    }

    /// Uses a key of another algorithm, by its COSE number.
    pub fn of_algorithm(self, algorithm: i64) -> Self {
        let key = Key::new(algorithm, self.id[0]);
        Self { key, ..self }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        let mut data =
            json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin});
        if let Some(top) = &self.top_origin {
            data["topOrigin"] = json!(top);
        }
        data.to_string().into_bytes()
    }

    fn auth_data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    pub fn attestation_object(&self) -> Vec<u8> {
        let mut data = self.auth_data(self.flags | AT);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.key.cose());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".as_slice(), &bytes(&data)].concat()
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

    /// Answers without increasing the counter.
    pub fn get_again(&self, options: &Value) -> Value {
        let data = self.auth_data(self.flags);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), Sha256::digest(&client).as_slice()].concat();
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(&client), "authenticatorData": b64(&data),
                "signature": b64(&self.key.sign(&signed)), "userHandle": b64(&self.handle),
            },
        })
    }
}
