use super::*;

fn header(key: &SigningKey) -> Value {
    json!({ "alg": key.algorithm().as_str(), "kid": key.kid(), "typ": "JWT" })
}

fn claims() -> Value {
    serde_json::to_value(access()).unwrap()
}

fn with(mut value: Value, member: &str, what: Value) -> Value {
    value[member] = what;
    value
}

fn without(mut value: Value, member: &str) -> Value {
    value.as_object_mut().unwrap().remove(member);
    value
}

/// Returns the refusal of a token with this header, with a valid signature of a key in the ring.
fn of_header(member: &str, what: Value) -> TokenError {
    let keys = ring(&[NOW]);
    check(&forge(&with(header(&rsa(0)), member, what), &claims(), &rsa(0)), &keys, NOW).unwrap_err()
}

/// Returns the refusal of a token with this claim.
fn of_claim(member: &str, what: Value) -> TokenError {
    let keys = ring(&[NOW]);
    check(&forge(&header(&rsa(0)), &with(claims(), member, what), &rsa(0)), &keys, NOW).unwrap_err()
}

#[test]
fn the_forged_tokens_of_these_tests_are_valid_without_changes() {
    assert_eq!(check(&forge(&header(&rsa(0)), &claims(), &rsa(0)), &ring(&[NOW]), NOW), Ok(access()));
}

/// ASVS 5.0 9.1.2.
#[test]
fn the_algorithm_none_is_refused() {
    for none in ["none", "None", "NONE", "nOnE"] {
        assert_eq!(of_header("alg", json!(none)), TokenError::Unsigned);
        let header = with(header(&rsa(0)), "alg", json!(none)).to_string();
        let bare = format!("{}.{}.", encode(header.as_bytes()), encode(claims().to_string().as_bytes()));
        assert_eq!(check(&bare, &ring(&[NOW]), NOW), Err(TokenError::Unsigned));
    }
}

/// ASVS 5.0 9.1.2: anyone knows the public key.
#[test]
fn hs256_with_the_public_key_as_its_secret_is_refused() {
    let jwk = shown(rsa(0).jwk().unwrap());
    let modulus = decode(jwk["n"].as_str().unwrap()).unwrap();
    for public in [modulus, jwk["n"].as_str().unwrap().as_bytes().to_vec(), jwk.to_string().into_bytes()] {
        let forger = SigningKey::from_secret(&public).unwrap();
        let token = forge(&with(header(&forger), "kid", json!(kid(0))), &claims(), &forger);
        assert_eq!(check(&token, &ring(&[NOW]), NOW), Err(TokenError::WrongAlgorithm));
    }
}

#[test]
fn another_algorithm_than_that_of_the_key_is_refused() {
    for alg in ["HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "", "RSA1_5"] {
        assert_eq!(of_header("alg", json!(alg)), TokenError::WrongAlgorithm, "{alg}");
    }
    let keys = Keyring::of_setting(secret());
    let token = forge(&with(header(&rsa(0)), "kid", json!(secret().kid())), &claims(), &rsa(0));
    assert_eq!(check(&token, &keys, NOW), Err(TokenError::WrongAlgorithm));
}

#[test]
fn a_missing_or_unknown_kid_is_refused() {
    for kid in [json!("other"), json!(""), json!(kid(1)), Value::Null, json!("../../dev/null")] {
        assert_eq!(of_header("kid", kid), TokenError::UnknownKey);
    }
    let token = forge(&without(header(&rsa(0)), "kid"), &claims(), &rsa(0));
    assert_eq!(check(&token, &ring(&[NOW]), NOW), Err(TokenError::UnknownKey));
    assert_eq!(check(&sign(&access(), &rsa(0)).unwrap(), &ring(&[]), NOW), Err(TokenError::UnknownKey));
}

/// ASVS 5.0 9.1.3.
#[test]
fn a_header_that_contains_or_references_a_key_is_refused() {
    let own = shown(rsa(1).jwk().unwrap());
    for (member, what) in [
        ("jwk", own),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("jwk", Value::Null),
        ("jku", json!(7)),
    ] {
        assert_eq!(of_header(member, what), TokenError::EmbeddedKey, "{member}");
    }
}

#[test]
fn a_header_with_critical_extensions_is_refused() {
    for what in [json!(["b64"]), json!(["exp"]), json!([]), Value::Null] {
        assert_eq!(of_header("crit", what), TokenError::Critical);
    }
}

#[test]
fn another_type_of_token_is_refused() {
    for what in [json!("at+jwt"), json!("JOSE"), json!("secevent+jwt"), json!(""), Value::Null] {
        assert_eq!(of_header("typ", what), TokenError::WrongType);
    }
}

/// ASVS 5.0 9.1.1.
#[test]
fn a_signature_of_another_key_or_of_other_data_is_refused() {
    let keys = ring(&[NOW, NOW + DAY]);
    assert_eq!(check(&forge(&header(&rsa(0)), &claims(), &rsa(1)), &keys, NOW), Err(TokenError::Signature));
    let token = sign(&access(), &rsa(0)).unwrap();
    let other = forge(&header(&rsa(0)), &with(claims(), "sub", json!("root")), &rsa(0));
    let (ours, theirs) = (token.split('.').collect::<Vec<_>>(), other.split('.').collect::<Vec<_>>());
    let mixed = [ours[0], theirs[1], ours[2]].join(".");
    assert_eq!(check(&mixed, &keys, NOW), Err(TokenError::Signature));
    for signature in ["", "AAAA", &ours[2][4..], theirs[2]] {
        assert_eq!(check(&[ours[0], ours[1], signature].join("."), &keys, NOW), Err(TokenError::Signature));
    }
}

#[test]
fn a_token_with_any_changed_letter_is_refused() {
    for key in [rsa(0), secret()] {
        let token = sign(&access(), &key).unwrap();
        let keys = Keyring::of_setting(key);
        for at in (0..token.len()).step_by(3).chain(token.len() - 4..token.len()) {
            let mut letters = token.clone().into_bytes();
            letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
            assert!(check(&String::from_utf8(letters).unwrap(), &keys, NOW).is_err(), "{at}");
        }
    }
}

/// ASVS 5.0 9.2.2.
#[test]
fn a_token_for_another_use_is_refused() {
    for what in ["refresh", "id", "", "Access"] {
        assert_eq!(of_claim("token_use", json!(what)), TokenError::WrongUse, "{what}");
    }
    let keys = ring(&[NOW]);
    let family = Family::new([1; 32], NOW, DAY);
    let refresh = sign(&Claims::refresh(&issuer(), subject(), &family, REFRESH), &rsa(0)).unwrap();
    let as_what = |token: &str, token_use| verify(token, &keys, &issuer(), token_use, NOW, SHARP).err();
    assert_eq!(as_what(&refresh, TokenUse::Refresh), None);
    assert_eq!(as_what(&refresh, TokenUse::Access), Some(TokenError::WrongUse));
    assert_eq!(as_what(&sign(&access(), &rsa(0)).unwrap(), TokenUse::Refresh), Some(TokenError::WrongUse));
    let other = forge(&header(&rsa(0)), &with(claims(), "token_use", json!("other")), &rsa(0));
    assert_eq!(as_what(&other, TokenUse::Other), Some(TokenError::WrongUse));
}

#[test]
fn another_issuer_is_refused() {
    for what in
        ["https://login.example.com/", "https://login.example.com.evil.example", "", "HTTPS://login.example.com"]
    {
        assert_eq!(of_claim("iss", json!(what)), TokenError::WrongIssuer, "{what}");
    }
}

/// ASVS 5.0 9.2.3.
#[test]
fn another_audience_is_refused() {
    for what in ["https://login.example.com", "https://api.example.com/", "", issuer().audience(TokenUse::Refresh)] {
        assert_eq!(of_claim("aud", json!(what)), TokenError::WrongAudience, "{what}");
    }
}

/// ASVS 5.0 9.2.1.
#[test]
fn expired_and_not_yet_valid_tokens_are_refused() {
    assert_eq!(of_claim("exp", json!(NOW)), TokenError::Expired);
    assert_eq!(of_claim("exp", json!(-1)), TokenError::Expired);
    assert_eq!(of_claim("nbf", json!(NOW + 1)), TokenError::NotYetValid);
    assert_eq!(of_claim("iat", json!(NOW + 1)), TokenError::NotYetValid);
}

#[test]
fn missing_claims_and_claims_of_another_type_are_refused() {
    let keys = ring(&[NOW]);
    for member in RESERVED {
        let token = forge(&header(&rsa(0)), &without(claims(), member), &rsa(0));
        assert_eq!(check(&token, &keys, NOW), Err(TokenError::Malformed), "{member}");
    }
    for (member, what) in [
        ("exp", json!("soon")),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("nbf", json!("1")),
        ("sub", json!(7)),
        ("aud", json!(["https://api.example.com"])),
        ("iss", json!({})),
    ] {
        assert_eq!(of_claim(member, what), TokenError::Malformed, "{member}");
    }
}

#[test]
fn a_text_that_is_not_a_token_is_refused() {
    let keys = ring(&[NOW]);
    let token = sign(&access(), &rsa(0)).unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let nested = encode(format!("{}1{}", "[".repeat(4000), "]".repeat(4000)).as_bytes());
    let twice = encode(format!(r#"{{"alg":"RS256","alg":"none","kid":"{}","typ":"JWT"}}"#, kid(0)).as_bytes());
    for nonsense in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "garbage".into(),
        head.into(),
        rest.into(),
        format!("{token}."),
        format!(".{token}"),
        format!(" {token}"),
        format!("{token}="),
        format!("{head}=.{rest}"),
        format!("é.{rest}"),
        format!("{}.{rest}", encode(b"[]")),
        format!("{}.{rest}", encode(b"{}")),
        format!("{}.{rest}", encode(br#"{"alg":7}"#)),
        format!("{}.{rest}", encode(&[0xff, 0xfe])),
        format!("{twice}.{rest}"),
        format!("{}.{rest}", &nested[..7000]),
    ] {
        assert_eq!(check(&nonsense, &keys, NOW), Err(TokenError::Malformed), "{nonsense}");
    }
}

#[test]
fn a_token_that_is_too_long_is_not_parsed() {
    let long = |length: usize| {
        let filler = custom(json!({ "filler": "x".repeat(length) }));
        sign(&Claims::access(&issuer(), subject(), [7; 16], NOW, ACCESS, filler), &secret()).unwrap()
    };
    let keys = Keyring::of_setting(secret());
    let most = (0..9000).rev().map(long_length(&long)).find(|(_, length)| *length <= MAX_TOKEN_LENGTH).unwrap();
    assert!(check(&long(most.0), &keys, NOW).is_ok());
    assert_eq!(check(&long(most.0 + 3), &keys, NOW), Err(TokenError::TooLong));
    assert_eq!(check(&"a".repeat(MAX_TOKEN_LENGTH), &keys, NOW), Err(TokenError::Malformed));
    assert_eq!(check(&"a".repeat(MAX_TOKEN_LENGTH + 1), &keys, NOW), Err(TokenError::TooLong));
}

fn long_length(long: &impl Fn(usize) -> String) -> impl Fn(usize) -> (usize, usize) {
    |filler| (filler, long(filler).len())
}
