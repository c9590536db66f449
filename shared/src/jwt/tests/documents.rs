use super::*;

#[test]
fn the_key_set_contains_the_earlier_current_and_next_keys() {
    let second = NOW + 90 * DAY;
    let keys = ring(&[NOW, second]);
    let names = |now| {
        let set = shown(jwks(&keys, now));
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let over = second + LEAD_SECONDS + ACCESS;
    assert_eq!(names(second), [kid(0), kid(1)]);
    assert_eq!(names(over - 1), [kid(0), kid(1)]);
    assert_eq!(names(over), [kid(1)]);
}

#[test]
fn the_key_set_contains_only_public_values() {
    for keys in [ring(&[NOW]), Keyring::of_setting(secret())] {
        let set = shown(jwks(&keys, NOW));
        for key in set["keys"].as_array().unwrap() {
            for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                assert!(key.get(member).is_none(), "{member}");
            }
        }
    }
    assert_eq!(shown(jwks(&Keyring::of_setting(secret()), NOW)), json!({ "keys": [] }));
    assert_eq!(shown(jwks(&ring(&[]), NOW)), json!({ "keys": [] }));
}

#[test]
fn the_discovery_document_has_the_required_members() {
    let document = shown(openid_configuration(&issuer(), Algorithm::Rs256, &["email", "sub"]));
    assert_eq!(document["issuer"], "https://login.example.com");
    assert_eq!(document["jwks_uri"], "https://login.example.com/.well-known/jwks.json");
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256"]));
    for member in ["response_types_supported", "subject_types_supported", "claims_supported"] {
        assert!(!document[member].as_array().unwrap().is_empty(), "{member}");
    }
    let claims = document["claims_supported"].as_array().unwrap();
    assert!(["email", "amr", "auth_time"].iter().all(|name| claims.contains(&json!(name))));
    assert_eq!(claims.iter().filter(|claim| **claim == "sub").count(), 1);
    assert!(document.get("authorization_endpoint").is_none() && document.get("token_endpoint").is_none());
}

#[test]
fn the_documents_and_the_tokens_name_the_same_issuer() {
    let token = sign(&access(), &rsa(0)).unwrap();
    assert_eq!(part(&token, 1)["iss"], shown(openid_configuration(&issuer(), Algorithm::Rs256, &[]))["issuer"]);
    assert_eq!(part(&token, 0)["kid"], shown(jwks(&ring(&[NOW]), NOW))["keys"][0]["kid"]);
}
