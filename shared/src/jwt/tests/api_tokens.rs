use super::*;
use crate::jwt::api_token::{ApiClaims, ApiTokenError, Kind, sign, verify};

fn key(byte: u8) -> SigningKey {
    SigningKey::from_secret(&[byte; 32]).unwrap()
}

fn claims(more: Value) -> ApiClaims {
    let mut claims =
        json!({"token_type": "access", "iat": NOW, "exp": NOW + 60, "jti": "a"}).as_object().unwrap().clone();
    claims.extend(more.as_object().unwrap().clone());
    claims.retain(|_, value| !value.is_null());
    claims
}

fn verdict(more: Value) -> Result<ApiClaims, ApiTokenError> {
    verify(&sign(&claims(more), &key(1)).unwrap(), &[key(1)], Kind::Access, NOW)
}

#[test]
fn a_token_of_an_earlier_key_is_valid_and_one_of_an_unknown_key_is_not() {
    let token = sign(&claims(json!({})), &key(1)).unwrap();
    assert_eq!(verify(&token, &[key(2), key(1)], Kind::Access, NOW), Ok(claims(json!({}))));
    assert_eq!(verify(&token, &[key(2), key(3)], Kind::Access, NOW), Err(ApiTokenError::Invalid));
    assert_eq!(verify(&token, &[], Kind::Access, NOW), Err(ApiTokenError::Invalid));
}

#[test]
fn a_token_is_valid_only_for_its_kind_and_its_time() {
    assert!(verdict(json!({})).is_ok());
    assert_eq!(verdict(json!({"token_type": "refresh"})), Err(ApiTokenError::WrongKind));
    assert_eq!(verdict(json!({"exp": NOW})), Err(ApiTokenError::Expired));
    assert!(verdict(json!({"iat": NOW + 5})).is_ok(), "another function's clock can be ahead");
    for wrong in [
        json!({"exp": null}),
        json!({"jti": null}),
        json!({"token_type": null}),
        json!({"iat": NOW + 6}),
        json!({"nbf": NOW + 6}),
    ] {
        assert_eq!(verdict(wrong.clone()), Err(ApiTokenError::Invalid), "{wrong}");
    }
}

/// ASVS 5.0 9.1.2 and 9.1.3.
#[test]
fn a_header_with_another_algorithm_or_with_a_key_is_refused() {
    let signed = |header: Value| forge(&header, &json!(claims(json!({}))), &key(1));
    assert!(verify(&signed(json!({"alg": "HS256", "typ": "JWT"})), &[key(1)], Kind::Access, NOW).is_ok());
    for header in [
        json!({"alg": "none", "typ": "JWT"}),
        json!({"alg": "RS256", "typ": "JWT"}),
        json!({"alg": "HS256", "typ": "JWT", "jwk": {}}),
        json!({"alg": "HS256", "typ": "JWT", "crit": ["b64"]}),
    ] {
        let token = signed(header.clone());
        assert_eq!(verify(&token, &[key(1)], Kind::Access, NOW), Err(ApiTokenError::Invalid), "{header}");
    }
    assert_eq!(verify(&"A".repeat(9000), &[key(1)], Kind::Access, NOW), Err(ApiTokenError::Invalid));
}
