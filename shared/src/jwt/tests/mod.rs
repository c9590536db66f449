//! Tests of keys, tokens and families, at each limit in time.

mod api_tokens;
mod clients;
mod documents;
mod families;
mod keys;
mod properties;
mod refused;
mod rotation;
mod successors;
mod tokens;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::*;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const ACCESS: i64 = 300;
const REFRESH: i64 = DAY;
const SECRET: &[u8] = b"a shared secret of more than thirty-two bytes";
const SHARP: Leeway = Leeway { late: 0, early: 0 };
const ROTATION: Rotation = Rotation { max_age_days: 90, lifetime: ACCESS };

/// Three keys, generated once, because that takes time.
static MADE: LazyLock<[(String, Zeroizing<Vec<u8>>); 3]> = LazyLock::new(|| {
    std::array::from_fn(|_| {
        let (key, der) = SigningKey::generate().unwrap();
        (key.kid().to_owned(), der)
    })
});

fn rsa(number: usize) -> SigningKey {
    SigningKey::from_pkcs8(&MADE[number].1).unwrap()
}

fn secret() -> SigningKey {
    SigningKey::from_secret(SECRET).unwrap()
}

fn kid(number: usize) -> &'static str {
    &MADE[number].0
}

fn stored(number: usize, created: i64) -> StoredKey {
    let (kid, der) = &MADE[number];
    StoredKey { kid: kid.clone(), created, der: der.clone() }
}

fn ring(created: &[i64]) -> Keyring {
    let records = created.iter().enumerate().map(|(number, &created)| stored(number, created)).collect();
    Keyring::of_records(records, ROTATION).unwrap()
}

fn issuer() -> Issuer {
    Issuer::new("https://login.example.com", Some("https://api.example.com")).unwrap()
}

fn subject() -> Subject {
    Subject { sub: "7d0a5c62".into(), sid: "session-12".into() }
}

fn custom(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn access() -> Claims {
    Claims::access(&issuer(), subject(), [7; 16], NOW, ACCESS, custom(json!({ "role": "admin" })))
}

fn check(token: &str, keys: &Keyring, now: i64) -> Result<Claims, TokenError> {
    verify(token, keys, &issuer(), TokenUse::Access, now, SHARP)
}

/// Returns a token with any header and claims, with a valid signature of the key.
fn forge(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = key.signature(message.as_bytes()).unwrap();
    format!("{message}.{signature}")
}

/// Returns a part of a token: 0 is the header, 1 the claims.
fn part(token: &str, number: usize) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

/// Returns the JSON that other services read.
fn shown(value: impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}
