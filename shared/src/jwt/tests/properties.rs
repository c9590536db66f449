use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

static KEYS: LazyLock<Keyring> = LazyLock::new(|| Keyring::of_setting(secret()));

fn header() -> Value {
    json!({"alg": "HS256", "kid": secret().kid(), "typ": "JWT"})
}

/// Texts that resemble tokens.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,80}",
        "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){1,4}",
        ("\\PC{0,40}", "\\PC{0,40}").prop_map(|(header, claims)| {
            format!("{}.{}.c2ln", encode(header.as_bytes()), encode(claims.as_bytes()))
        }),
    ]
}

/// JSON of any shape.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,5}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn a_token_says_what_was_signed(
        (sub, sid) in ("\\PC{0,40}", "\\PC{0,40}"),
        jti: [u8; 16],
        custom in prop::collection::btree_map("[a-z_]{1,9}", json(), 0..5),
    ) {
        let custom = custom.into_iter().collect();
        let claims = Claims::access(&issuer(), Subject { sub, sid }, jti, NOW, ACCESS, custom);
        let token = sign(&claims, &secret()).unwrap();
        prop_assert_eq!(check(&token, &KEYS, NOW), Ok(claims));
    }

    #[test]
    fn a_token_that_was_changed_is_refused(at: prop::sample::Index, letter in "[A-Za-z0-9_.-]") {
        let token = sign(&access(), &secret()).unwrap();
        let at = at.index(token.len());
        let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(check(&changed, &KEYS, NOW).is_ok(), changed == token, "{}", changed);
    }

    #[test]
    fn any_other_text_is_refused(text in text()) {
        prop_assert!(check(&text, &KEYS, NOW).is_err());
        prop_assert!(api_token::verify(&text, &[secret()], api_token::Kind::Access, NOW).is_err());
    }

    /// A client that has the key can sign any claims. They are still checked.
    #[test]
    fn signed_claims_of_any_shape_are_judged_without_a_panic(
        member in "iss|aud|sub|sid|jti|token_use|token_type|iat|nbf|exp|[a-z]{1,5}",
        value in json(),
        (name, word) in ("alg|kid|typ|crit|jwk|x5c|[a-z]{1,5}", json()),
    ) {
        let mut claims = serde_json::to_value(access()).unwrap();
        claims[member] = value.clone();
        let mut header = header();
        header[name] = word;
        for claims in [claims, value] {
            let token = forge(&header, &claims, &secret());
            let _ = check(&token, &KEYS, NOW);
            let _ = api_token::verify(&token, &[secret()], api_token::Kind::Access, NOW);
        }
    }
}
