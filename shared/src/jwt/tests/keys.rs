use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::jwt::key::thumbprint;

/// The number of bytes before the inner key, in PKCS#8 of an RSA key of 2048 bits.
const PKCS8_HEAD: usize = 26;

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn pkcs8_and_pkcs1_and_the_stored_form_give_the_same_key() {
    let der = &MADE[0].1;
    let whole = pem("PRIVATE KEY", der);
    let inner = pem("RSA PRIVATE KEY", &der[PKCS8_HEAD..]);
    for text in
        [whole.clone(), inner, whole.replace('\n', "\r\n"), whole.replace('\n', "\\n"), format!("\n x {whole} y")]
    {
        let key = SigningKey::from_pem(&text).unwrap();
        assert_eq!((key.kid(), key.algorithm()), (kid(0), Algorithm::Rs256));
        assert_eq!(key.jwk(), rsa(0).jwk());
    }
}

#[test]
fn only_a_private_rsa_key_is_accepted() {
    let refused = |text: &str| SigningKey::from_pem(text).unwrap_err();
    let der = &MADE[0].1;
    let whole = pem("PRIVATE KEY", der);
    for text in ["", "secret", "-----BEGIN PRIVATE KEY-----", &whole.replace("END PRIVATE", "END RSA PRIVATE")] {
        assert_eq!(refused(text), KeyError::Pem, "{text}");
    }
    assert_eq!(refused(&whole.replace("KEY-----\n", "KEY-----\n*")), KeyError::Pem);
    assert_eq!(refused(&pem("PUBLIC KEY", der)), KeyError::Label("PUBLIC KEY".into()));
    assert_eq!(refused(&pem("EC PRIVATE KEY", der)), KeyError::Label("EC PRIVATE KEY".into()));
    assert_eq!(refused(&pem("ENCRYPTED PRIVATE KEY", der)), KeyError::Encrypted);
    let old = whole.replace("PRIVATE", "RSA PRIVATE").replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n\n", 1);
    assert_eq!(refused(&old), KeyError::Encrypted);
    for bytes in [&b""[..], &[0x30, 0], &der[..der.len() - 1]] {
        assert!(matches!(SigningKey::from_pkcs8(bytes), Err(KeyError::Rejected(_))));
        assert!(matches!(SigningKey::from_pem(&pem("RSA PRIVATE KEY", bytes)), Err(KeyError::Rejected(_))));
    }
    // Neither format is accepted as the other.
    assert!(matches!(refused(&pem("RSA PRIVATE KEY", der)), KeyError::Rejected(_)));
    assert!(matches!(refused(&pem("PRIVATE KEY", &der[PKCS8_HEAD..])), KeyError::Rejected(_)));
}

#[test]
fn a_key_of_1024_bits_is_too_small() {
    let error = SigningKey::from_pem(include_str!("small.pem")).unwrap_err();
    assert!(matches!(&error, KeyError::Rejected(why) if why.contains("TooSmall")), "{error}");
}

#[test]
fn a_shared_secret_has_at_least_32_bytes() {
    assert_eq!(SigningKey::from_secret(&[1; 31]).unwrap_err(), KeyError::ShortSecret);
    assert_eq!(SigningKey::from_secret(&[1; 32]).unwrap().algorithm(), Algorithm::Hs256);
}

/// The example of RFC 7638, section 3.1.
#[test]
fn the_name_of_an_rsa_key_is_its_thumbprint() {
    let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                   jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS\
                   qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN\
                   HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    assert_eq!(thumbprint(modulus, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let jwk = shown(rsa(0).jwk().unwrap());
    assert_eq!(thumbprint(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()), kid(0));
}

#[test]
fn the_name_of_a_shared_secret_is_stable_and_unique() {
    let other = SigningKey::from_secret(&[2; 32]).unwrap();
    assert_eq!(secret().kid(), secret().kid());
    assert_ne!(secret().kid(), other.kid());
    assert_eq!(secret().kid().len(), 22);
}

/// The example of RFC 7515, appendix A.1.
#[test]
fn hs256_signatures_match_the_example_of_the_standard() {
    let bytes =
        decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow").unwrap();
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\
                   leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = SigningKey::from_secret(&bytes).unwrap().signature(message.as_bytes()).unwrap();
    assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn a_public_key_has_only_the_required_members_and_a_secret_has_none() {
    let jwk = shown(rsa(0).jwk().unwrap());
    let mut members = jwk.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&jwk["kty"], &jwk["use"], &jwk["alg"], &jwk["e"]),
        (&"RSA".into(), &"sig".into(), &"RS256".into(), &"AQAB".into())
    );
    assert_eq!(decode(jwk["n"].as_str().unwrap()).unwrap().len(), 256);
    assert_eq!(secret().jwk(), None);
}

#[test]
fn debugging_shows_no_secrets() {
    let family = Family::new([5; 32], NOW, DAY);
    let texts = [
        format!("{:?}", rsa(0)),
        format!("{:?}", secret()),
        format!("{:?}", stored(0, NOW)),
        format!("{:?}", ring(&[NOW])),
        format!("{:?}", Keyring::of_setting(secret())),
        format!("{family:?}"),
    ];
    let private = format!("{:?}", &MADE[0].1[40..44]);
    for text in texts {
        for shown in ["thirty-two", &format!("{:?}", &SECRET[..4]), &private[1..13], "[5, 5", "BQUFBQ"] {
            assert!(!text.contains(shown), "{text}");
        }
    }
}

#[test]
fn generated_keys_are_all_different() {
    assert!(kid(0) != kid(1) && kid(1) != kid(2) && kid(0) != kid(2));
}
