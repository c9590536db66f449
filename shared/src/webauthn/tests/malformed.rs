use serde_json::{Value, json};

use super::{super::credential_field, *};

fn malformed(c: &Ceremonies, states: &[String; 3], own: &[Credential], value: &Value) {
    let results = [
        c.finish_registration(&states[0], value).map(|_| ()),
        c.finish_authentication(&states[1], value, own).map(|_| ()),
        c.identify(value).map(|_| ()),
        c.finish_discoverable(&states[2], value, own).map(|_| ()),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error, CeremonyError::Malformed(_)), "{value} {error}");
        assert_eq!(error.code(), Some("incorrect_code"));
    }
}

#[test]
fn missing_members_and_wrong_types_are_malformed() {
    let c = ceremonies();
    let mut a = device(1);
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (create, registration) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let (get, authentication) = c.begin_authentication(ALICE, &own).unwrap();
    let (_, discoverable) = c.begin_discoverable().unwrap();
    let states = [registration, authentication, discoverable];
    for value in [
        json!(null),
        json!(true),
        json!(5),
        json!("x"),
        json!([]),
        json!({}),
        json!(["a", "a", "public-key", {}, {}]),
        json!({"id": "abc"}),
        json!({"id": "abc", "rawId": "abc", "type": "public-key"}),
        json!({"id": "abc", "rawId": "abc", "type": "public-key", "response": {}}),
        json!({"id": "abc", "rawId": "abc", "type": "public-key", "response": ["YQ", "YQ", "YQ", "YQ"]}),
        json!({"id": 1, "rawId": 1, "type": 1, "response": 1}),
    ] {
        malformed(&c, &states, &own, &value);
    }
    let (created, got) = (a.create(&create), a.get(&get));
    for answer in [&created, &got] {
        for pointer in ["/rawId", "/response", "/response/clientDataJSON", "/type", "/id"] {
            for bad in [json!(7), json!("*"), json!([1])] {
                let mut value = answer.clone();
                *value.pointer_mut(pointer).unwrap() = bad;
                malformed(&c, &states, &own, &value);
            }
        }
    }
    for data in ["", "e30", "bnVsbA", "_w"] {
        let mut value = got.clone();
        value["response"]["clientDataJSON"] = json!(data);
        let error = c.finish_authentication(&states[1], &value, &own).unwrap_err();
        assert!(matches!(error, CeremonyError::Malformed(_)), "{error}");
        let mut value = created.clone();
        value["response"]["clientDataJSON"] = json!(data);
        let error = c.finish_registration(&states[0], &value).unwrap_err();
        assert!(matches!(error, CeremonyError::Malformed(_)), "{error}");
    }
}

/// Every prefix of the binary parts, and each of their bytes changed: the result is an error or a success, never a
/// panic.
#[test]
fn hostile_bytes_do_not_cause_a_panic() {
    let c = ceremonies();
    let mut a = device(1);
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (create, registration) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let created = a.create(&create);
    let object = a.attestation_object();
    let attempt = |bytes: &[u8]| {
        let mut value = created.clone();
        value["response"]["attestationObject"] = json!(authenticator::b64(bytes));
        c.finish_registration(&registration, &value)
    };
    for n in 0..object.len() {
        attempt(&object[..n]).unwrap_err();
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut bytes = object.clone();
            bytes[n] ^= flip;
            let _ = attempt(&bytes);
        }
    }
    // CBOR that nests without end, and a string with a declared length larger than memory.
    attempt(&vec![0x81; 100_000]).unwrap_err();
    attempt(b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff").unwrap_err();

    let (get, authentication) = c.begin_authentication(ALICE, &own).unwrap();
    let answer = a.get(&get);
    for member in ["authenticatorData", "signature"] {
        for n in 0..64 {
            let mut value = answer.clone();
            value["response"][member] = json!(authenticator::b64(&vec![0xff; n]));
            c.finish_authentication(&authentication, &value, &own).unwrap_err();
        }
    }
}

#[test]
fn the_field_of_the_request_is_parsed_like_in_the_reference() {
    for value in [json!(null), json!(""), json!([]), json!({}), json!("null"), json!("{}")] {
        let error = credential_field(Some(&value)).unwrap_err();
        assert_eq!(error.code(), Some("required"), "{value}");
    }
    assert_eq!(credential_field(None).unwrap_err().code(), Some("required"));
    assert_eq!(credential_field(Some(&json!("{"))).unwrap_err().code(), Some("invalid"));
    assert_eq!(*credential_field(Some(&json!(r#"{"id": "a"}"#))).unwrap(), json!({"id": "a"}));
    assert_eq!(*credential_field(Some(&json!({"id": "a"}))).unwrap(), json!({"id": "a"}));
    assert_eq!(*credential_field(Some(&json!(5))).unwrap(), json!(5));
}
