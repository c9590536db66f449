//! Answers of authenticators. The first byte of the input says which part of an answer the others are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use shared::secret::encode;
use shared::webauthn::{Ceremonies, Credential, Policy, UserVerification, credential_field};
use std::sync::LazyLock;
use uuid::Uuid;

const ORIGIN: &str = "https://login.example.com";
const USER: Uuid = Uuid::from_u128(7);

/// Ceremonies in progress, and a user's credential.
struct Begun {
    ceremonies: Ceremonies,
    own: [Credential; 1],
    registration: (Value, String),
    authentication: (Value, String),
    discoverable: (Value, String),
}

static BEGUN: LazyLock<Begun> = LazyLock::new(|| {
    let policy = Policy {
        rp_id: "example.com".into(),
        rp_name: "Example".into(),
        origins: vec![ORIGIN.into()],
        top_origins: vec!["https://top.example".into()],
        full_options: false,
        allow_insecure_origin: false,
        user_verification: UserVerification::Preferred,
    };
    let ceremonies = Ceremonies::new(&policy).unwrap();
    let own = [serde_json::from_str(include_str!("credential.json")).unwrap()];
    let registration = ceremonies.begin_registration(USER, "ada", "Ada", &own, false).unwrap();
    let authentication = ceremonies.begin_authentication(USER, &own).unwrap();
    let discoverable = ceremonies.begin_discoverable().unwrap();
    Begun { ceremonies, own, registration, authentication, discoverable }
});

/// An answer to these options that is valid except for `member`.
fn answer(options: &Value, kind: &str, member: &str, bytes: &[u8]) -> Value {
    let challenge = &options["publicKey"]["challenge"];
    let data = json!({"type": kind, "challenge": challenge, "origin": ORIGIN}).to_string();
    let id = BEGUN.own[0].id();
    let mut answer = json!({
        "id": id, "rawId": id, "type": "public-key",
        "response": {
            "clientDataJSON": encode(data.as_bytes()), "attestationObject": "oA", "authenticatorData": "AA",
            "signature": "AA", "userHandle": encode(USER.as_bytes()),
        },
    });
    answer["response"][member] = encode(bytes).into();
    answer
}

fn finish(registered: &Value, authenticated: &Value, discovered: &Value) {
    let begun = &*BEGUN;
    if let Ok(credential) = begun.ceremonies.finish_registration(&begun.registration.1, registered) {
        assert!(credential.id_bytes().len() <= 1023);
    }
    // Nobody but the authenticator can sign.
    assert!(begun.ceremonies.finish_authentication(&begun.authentication.1, authenticated, &begun.own).is_err());
    assert!(begun.ceremonies.finish_discoverable(&begun.discoverable.1, discovered, &begun.own).is_err());
    let _ = begun.ceremonies.identify(discovered);
}

fuzz_target!(|data: &[u8]| {
    let Some((part, bytes)) = data.split_first() else { return };
    let member = match part % 5 {
        0 => {
            let field = Value::String(String::from_utf8_lossy(bytes).into_owned());
            let Ok(value) = credential_field(Some(&field)) else { return };
            return finish(&value, &value, &value);
        }
        1 => "attestationObject",
        2 => "authenticatorData",
        3 => "clientDataJSON",
        _ => "userHandle",
    };
    finish(
        &answer(&BEGUN.registration.0, "webauthn.create", member, bytes),
        &answer(&BEGUN.authentication.0, "webauthn.get", member, bytes),
        &answer(&BEGUN.discoverable.0, "webauthn.get", member, bytes),
    );
});
