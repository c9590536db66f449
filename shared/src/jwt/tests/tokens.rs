use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::*;

#[test]
fn an_access_token_has_the_claims_of_the_reference_and_an_audience() {
    for key in [rsa(0), secret()] {
        let token = sign(&access(), &key).unwrap();
        let claims = part(&token, 1);
        let expected = json!({
            "iss": "https://login.example.com", "aud": "https://api.example.com",
            "sub": "7d0a5c62", "sid": "session-12", "token_use": "access",
            "jti": "07070707-0707-4707-8707-070707070707",
            "iat": NOW, "nbf": NOW - 30, "exp": NOW + ACCESS, "role": "admin",
        });
        assert_eq!(claims, expected);
        let header = json!({ "alg": key.algorithm().as_str(), "kid": key.kid(), "typ": "JWT" });
        assert_eq!(part(&token, 0), header);
    }
}

#[test]
fn a_refresh_token_has_the_same_claims_with_its_own_audience_and_no_custom_ones() {
    let family = Family::new([1; 32], NOW, 30 * DAY);
    let token = sign(&Claims::refresh(&issuer(), subject(), &family, REFRESH), &rsa(0)).unwrap();
    let expected = json!({
        "iss": "https://login.example.com", "aud": "https://login.example.com/_allauth/app/v1/tokens/refresh",
        "sub": "7d0a5c62", "sid": "session-12", "token_use": "refresh", "jti": family.jti(),
        "iat": NOW, "nbf": NOW - 30, "exp": NOW + REFRESH,
    });
    assert_eq!(part(&token, 1), expected);
}

#[test]
fn a_signed_token_verifies() {
    for key in [rsa(0), secret()] {
        let token = sign(&access(), &key).unwrap();
        let claims = check(&token, &Keyring::of_setting(key), NOW).unwrap();
        assert_eq!(claims, access());
        assert_eq!(claims.custom(), &custom(json!({ "role": "admin" })));
    }
}

#[test]
fn the_published_key_alone_verifies_a_token() {
    let token = sign(&access(), &rsa(0)).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let set = shown(jwks(&ring(&[NOW]), NOW));
    let member = |name: &str| decode(set["keys"][0][name].as_str().unwrap()).unwrap();
    let public = RsaPublicKeyComponents { n: member("n"), e: member("e") };
    let signature = decode(signature).unwrap();
    public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).unwrap();
    assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, &message.as_bytes()[1..], &signature).is_err());
}

#[test]
fn the_same_claims_and_key_give_the_same_token() {
    for key in [rsa(0), secret()] {
        assert_eq!(sign(&access(), &key).unwrap(), sign(&access(), &key).unwrap());
    }
}

#[test]
fn custom_claims_cannot_replace_reserved_ones() {
    let mut all = RESERVED.iter().map(|name| ((*name).to_owned(), json!("evil"))).collect::<Map<_, _>>();
    all.insert("scope".into(), json!(["a", { "b": null }]));
    let claims = Claims::access(&issuer(), subject(), [7; 16], NOW, ACCESS, all);
    let token = sign(&claims, &rsa(0)).unwrap();
    assert!(!part(&token, 1).to_string().contains("evil"));
    let claims = check(&token, &ring(&[NOW]), NOW).unwrap();
    assert_eq!(claims.custom(), &custom(json!({ "scope": ["a", { "b": null }] })));
    for name in RESERVED {
        assert!(part(&token, 1).get(name).is_some(), "{name}");
    }
}

#[test]
fn a_token_is_valid_from_its_first_second_to_the_last_before_its_expiry() {
    let keys = ring(&[NOW]);
    let token = sign(&access(), keys.signer(NOW).unwrap()).unwrap();
    let times = [
        (NOW - 1, Some(TokenError::NotYetValid)),
        (NOW, None),
        (NOW + ACCESS - 1, None),
        (NOW + ACCESS, Some(TokenError::Expired)),
        (i64::MAX, Some(TokenError::Expired)),
        (i64::MIN, Some(TokenError::NotYetValid)),
    ];
    for (now, refusal) in times {
        assert_eq!(check(&token, &keys, now).err(), refusal, "{now}");
    }
}

#[test]
fn leeway_moves_both_limits_and_by_default_only_the_first() {
    let keys = ring(&[NOW]);
    let token = sign(&access(), keys.signer(NOW).unwrap()).unwrap();
    let at = |now, leeway| verify(&token, &keys, &issuer(), TokenUse::Access, now, leeway).err();
    let wide = Leeway { late: 10, early: 20 };
    assert_eq!((at(NOW - 20, wide), at(NOW - 21, wide)), (None, Some(TokenError::NotYetValid)));
    assert_eq!((at(NOW + ACCESS + 9, wide), at(NOW + ACCESS + 10, wide)), (None, Some(TokenError::Expired)));
    let usual = Leeway::default();
    assert_eq!((at(NOW - 5, usual), at(NOW - 6, usual)), (None, Some(TokenError::NotYetValid)));
    assert_eq!((at(NOW + ACCESS - 1, usual), at(NOW + ACCESS, usual)), (None, Some(TokenError::Expired)));
}

#[test]
fn a_key_that_does_not_sign_yet_verifies_already() {
    let keys = ring(&[NOW, NOW + DAY]);
    let token = sign(&access(), &rsa(1)).unwrap();
    assert!(check(&token, &keys, NOW + 1).is_ok());
}

#[test]
fn the_issuer_has_no_trailing_slash_and_is_the_default_audience() {
    let issuer = Issuer::new("https://login.example.com/dev/", None).unwrap();
    assert_eq!(issuer.issuer(), "https://login.example.com/dev");
    assert_eq!(issuer.audience(TokenUse::Access), "https://login.example.com/dev");
    assert_ne!(issuer.audience(TokenUse::Access), issuer.audience(TokenUse::Refresh));
    assert!(Issuer::new("http://localhost:8000", Some("anything")).is_ok());
    for nonsense in ["", "https://", "login.example.com", "ftp://a", "https://a/?b", "https://a#b", "https://a b", "/"]
    {
        assert!(matches!(Issuer::new(nonsense, None), Err(KeyError::Issuer(_))), "{nonsense}");
    }
    let refresh = format!("{}/_allauth/app/v1/tokens/refresh", issuer.issuer());
    for audience in ["", &refresh] {
        assert_eq!(Issuer::new(issuer.issuer(), Some(audience)), Err(KeyError::Audience(audience.to_owned())));
    }
}
