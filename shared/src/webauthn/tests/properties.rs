//! Properties of random answers. The parsers below are those that read what no signature covers yet.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_cbor_2::Value as Cbor;
use serde_json::json;

use super::{super::attestation, super::client_data::ClientData, super::credential_field, super::keys, *};

/// A registration and a login that are well, to be changed.
struct Answers {
    ceremonies: Ceremonies,
    own: [Credential; 1],
    object: Vec<u8>,
    created: (String, Value),
    got: (String, Value),
}

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| {
    let (ceremonies, mut a) = (ceremonies(), device(1));
    let own = [register(&ceremonies, &mut a, ALICE, true).unwrap()];
    let (create, registration) = ceremonies.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let created = a.create(&create);
    let (get, authentication) = ceremonies.begin_authentication(ALICE, &own).unwrap();
    let got = a.get(&get);
    Answers {
        ceremonies,
        own,
        object: a.attestation_object(),
        created: (registration, created),
        got: (authentication, got),
    }
});

/// CBOR of any shape, with the labels that keys have.
fn cbor() -> impl Strategy<Value = Cbor> {
    let leaf = prop_oneof![
        Just(Cbor::Null),
        any::<bool>().prop_map(Cbor::Bool),
        prop_oneof![-300_i128..10, any::<i64>().prop_map(i128::from)].prop_map(Cbor::Integer),
        prop::collection::vec(any::<u8>(), 0..70).prop_map(Cbor::Bytes),
        "(fmt|attStmt|authData|none|packed|\\PC{0,6})".prop_map(Cbor::Text),
    ];
    leaf.prop_recursive(3, 20, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Cbor::Array),
            prop::collection::btree_map(inner.clone(), inner, 0..6).prop_map(Cbor::Map),
        ]
    })
}

/// A key's members, most of them as they should be.
fn cose_key() -> impl Strategy<Value = Cbor> {
    let number = |label: i128, values: Vec<i128>| (Just(label), prop::sample::select(values).prop_map(Cbor::Integer));
    let members = (
        number(1, vec![1, 2, 3, 4]),
        number(3, vec![-8, -7, -35, -36, -37, -257, 0]),
        (
            Just(-1),
            prop_oneof![
                (1_i128..9).prop_map(Cbor::Integer),
                prop::collection::vec(any::<u8>(), 250..600).prop_map(Cbor::Bytes)
            ],
        ),
        (Just(-2), prop::collection::vec(any::<u8>(), 0..70).prop_map(Cbor::Bytes)),
        (Just(-3), cbor()),
    );
    members.prop_map(|(kty, alg, a, b, c)| {
        Cbor::Map([kty, alg, a, b, c].into_iter().map(|(label, value)| (Cbor::Integer(label), value)).collect())
    })
}

/// The attestation object of a credential with this key.
fn object_with(key: &Cbor) -> Vec<u8> {
    let id = [7; 16];
    let mut data = vec![0; 32];
    data.extend([0x45, 0, 0, 0, 1]);
    data.extend([0; 16]);
    data.extend([0, 16]);
    data.extend(id);
    data.extend(serde_cbor_2::to_vec(key).unwrap());
    let members = [
        ("fmt", Cbor::Text("none".to_owned())),
        ("attStmt", Cbor::Map(BTreeMap::new())),
        ("authData", Cbor::Bytes(data)),
    ];
    serde_cbor_2::to_vec(&BTreeMap::from(members)).unwrap()
}

/// The outcome does not matter: only a panic fails.
fn finish_registration(object: &[u8]) {
    let (state, created) = &ANSWERS.created;
    let mut answer = created.clone();
    answer["response"]["attestationObject"] = json!(authenticator::b64(object));
    let _ = ANSWERS.ceremonies.finish_registration(state, &answer);
}

proptest! {
    #[test]
    fn any_attestation_object_is_read_without_a_panic(bytes: Vec<u8>, value in cbor(), key in cose_key()) {
        for object in [bytes, serde_cbor_2::to_vec(&value).unwrap(), object_with(&key), object_with(&value)] {
            finish_registration(&object);
        }
        let _ = keys::parse(&value);
    }

    #[test]
    fn an_object_that_was_stripped_has_nothing_left_to_strip(key in cose_key()) {
        let (stripped, found) = attestation::strip(&object_with(&key)).unwrap();
        prop_assert_eq!(found.is_some(), keys::parse(&key).is_some());
        let (again, none) = attestation::strip(&stripped).unwrap();
        prop_assert_eq!((again, none.is_none()), (stripped, true));
    }

    #[test]
    fn an_object_with_changed_bytes_is_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        length: prop::sample::Index,
    ) {
        let mut object = ANSWERS.object.clone();
        for (at, byte) in changes {
            let at = at.index(object.len());
            object[at] = byte;
        }
        finish_registration(&object);
        finish_registration(&object[..length.index(object.len())]);
    }

    #[test]
    fn a_login_with_changed_bytes_is_refused(
        member in "authenticatorData|clientDataJSON|signature",
        bytes: Vec<u8>,
    ) {
        let (state, got) = &ANSWERS.got;
        let mut answer = got.clone();
        answer["response"][&member] = json!(authenticator::b64(&bytes));
        prop_assert!(ANSWERS.ceremonies.finish_authentication(state, &answer, &ANSWERS.own).is_err());
    }

    #[test]
    fn client_data_tells_its_origin(
        host in "[a-z]{1,9}\\.example",
        framed in any::<Option<bool>>(),
        bytes: Vec<u8>,
        text in "\\PC{0,30}",
    ) {
        let data = json!({"type": "webauthn.get", "origin": format!("https://{host}"), "crossOrigin": framed});
        let data = ClientData::parse(data.to_string().as_bytes()).unwrap();
        let origin = data.origin().unwrap();
        prop_assert_eq!(origin.host_str(), Some(host.as_str()));
        prop_assert_eq!(data.is_framed(), framed == Some(true));
        prop_assert!(!ClientData::parse(&data.unframed()).unwrap().is_framed());
        let _ = ClientData::parse(&bytes);
        if let Ok(data) = ClientData::parse(json!({"origin": text, "topOrigin": text}).to_string().as_bytes()) {
            let _ = (data.origin(), data.top_origin());
        }
    }

    #[test]
    fn the_field_is_the_object_or_its_text(members in prop::collection::btree_map("[a-z]{1,5}", "\\PC{0,9}", 1..4), text in "\\PC{0,30}") {
        let value = json!(members);
        for field in [value.clone(), json!(value.to_string())] {
            prop_assert_eq!(credential_field(Some(&field)).unwrap().into_owned(), value.clone());
        }
        let _ = credential_field(Some(&json!(text)));
    }
}
