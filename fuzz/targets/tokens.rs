//! Session tokens and signed tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::jwt::api_token::{self, Kind};
use shared::jwt::{Issuer, Keyring, Leeway, SigningKey, TokenUse, verify};
use shared::secret::{decode, encode};
use shared::session::SessionToken;
use std::sync::LazyLock;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_secret(SECRET).unwrap());
static KEYS: LazyLock<Keyring> = LazyLock::new(|| Keyring::of_setting(SigningKey::from_secret(SECRET).unwrap()));
static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("https://login.example", None).unwrap());

fuzz_target!(|text: &str| {
    if let Some(bytes) = decode(text) {
        assert_eq!(encode(&bytes), text);
    }
    if let Some(token) = SessionToken::parse(text) {
        assert_eq!(SessionToken::parse(&token.text()), Some(token));
    }
    for token_use in [TokenUse::Access, TokenUse::Refresh] {
        assert!(verify(text, &KEYS, &ISSUER, token_use, NOW, Leeway::default()).is_err());
    }
    for kind in [Kind::Access, Kind::Refresh] {
        assert!(api_token::verify(text, std::slice::from_ref(&KEY), kind, NOW).is_err());
    }
    // Claims that are signed with the right key, whatever they say.
    if let Ok(claims) = serde_json::from_str(text) {
        let token = api_token::sign(&claims, &KEY).unwrap();
        for kind in [Kind::Access, Kind::Refresh] {
            if let Ok(read) = api_token::verify(&token, std::slice::from_ref(&KEY), kind, NOW) {
                assert_eq!(read.len(), claims.len());
            }
        }
    }
});
