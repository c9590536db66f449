use serde_json::{Value, json};

use super::{authenticator::BE, *};

/// As the conformance suite does, which takes the options for equal after it.
fn normal(mut options: Value) -> Value {
    let pk = options["publicKey"].as_object_mut().unwrap();
    assert_eq!(pk.insert("challenge".into(), json!("<challenge>")).unwrap().as_str().unwrap().len(), 43);
    if let Some(params) = pk.get_mut("pubKeyCredParams") {
        assert!(params.as_array().unwrap().contains(&json!({"type": "public-key", "alg": -7})));
        *params = json!({"ES256": true});
    }
    options
}

#[test]
fn registration_options_are_those_of_the_reference() {
    let c = ceremonies();
    let known = register(&c, &mut device(1), ALICE, false).unwrap();
    let (options, _) = c.begin_registration(ALICE, "a@example.com", "A", &[known], false).unwrap();
    let expected = json!({"publicKey": {
        "authenticatorSelection":
            {"requireResidentKey": false, "residentKey": "discouraged", "userVerification": "preferred"},
        "challenge": "<challenge>",
        "excludeCredentials": [{"id": authenticator::b64(&[1; 32]), "type": "public-key"}],
        "extensions": {"credProps": true},
        "pubKeyCredParams": {"ES256": true},
        "rp": {"id": "example.com", "name": "Example"},
        "user": {"displayName": "A", "id": authenticator::b64(ALICE.as_bytes()), "name": "a@example.com"},
    }});
    assert_eq!(normal(options), expected);

    let (options, _) = c.begin_registration(ALICE, "a@example.com", "A", &[], true).unwrap();
    let expected = json!({"requireResidentKey": true, "residentKey": "required", "userVerification": "required"});
    assert_eq!(options["publicKey"]["authenticatorSelection"], expected);
    assert_eq!(options["publicKey"]["excludeCredentials"], json!([]));
}

#[test]
fn request_options_are_those_of_the_reference() {
    let c = ceremonies();
    let known = register(&c, &mut device(1), ALICE, false).unwrap();
    let (options, _) = c.begin_authentication(ALICE, &[known]).unwrap();
    let expected = json!({"publicKey": {
        "allowCredentials": [{"id": authenticator::b64(&[1; 32]), "type": "public-key"}],
        "challenge": "<challenge>", "rpId": "example.com", "userVerification": "preferred",
    }});
    assert_eq!(normal(options), expected);

    let (options, _) = c.begin_discoverable().unwrap();
    let expected = json!({"publicKey": {
        "allowCredentials": [], "challenge": "<challenge>", "rpId": "example.com", "userVerification": "required",
    }});
    assert_eq!(normal(options), expected);
}

#[test]
fn a_user_without_a_name_can_register() {
    let (options, _) = ceremonies().begin_registration(ALICE, "", "", &[], false).unwrap();
    assert_eq!(options["publicKey"]["user"]["displayName"], json!(ALICE.to_string()));
}

#[test]
fn the_policy_decides_what_is_asked() {
    let words = [(UserVerification::Required, "required"), (UserVerification::Discouraged, "discouraged")];
    for (user_verification, word) in words {
        let c = Ceremonies::new(&Policy { user_verification, ..policy() }).unwrap();
        let (options, _) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
        assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], json!(word));
        let (options, _) = c.begin_authentication(ALICE, &[]).unwrap();
        assert_eq!(options["publicKey"]["userVerification"], json!(word));
        let (options, _) = c.begin_discoverable().unwrap();
        assert_eq!(options["publicKey"]["userVerification"], json!("required"));
    }
}

#[test]
fn second_factor() {
    let c = ceremonies();
    let mut a = device(1);
    a.rk = Some(false);
    let known = register(&c, &mut a, ALICE, false).unwrap();
    assert_eq!((known.is_passwordless(), known.counter()), (Some(false), 0));
    assert_eq!((known.id(), known.id_bytes()), (authenticator::b64(&a.id), a.id.as_slice()));
    let other = register(&c, &mut device(2), ALICE, false).unwrap();

    let own = [other, known];
    let (options, state) = c.begin_authentication(ALICE, &own).unwrap();
    let done = c.finish_authentication(&state, &a.get(&options), &own).unwrap();
    assert_eq!((done.credential.id_bytes(), done.credential.counter()), (a.id.as_slice(), 1));
    assert_eq!((done.previous_counter, done.changed, done.user_verified), (0, true, true));
}

#[test]
fn login_with_no_name_given() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, true).unwrap();
    assert_eq!(known.is_passwordless(), Some(true));
    let (options, state) = c.begin_discoverable().unwrap();
    let answer = a.get(&options);
    assert_eq!(c.identify(&answer).unwrap(), (ALICE, a.id.clone()));
    let done = c.finish_discoverable(&state, &answer, &[known]).unwrap();
    assert!(done.user_verified);
    // A passkey is a second factor too.
    assert_eq!(use_key(&c, &mut a, ALICE, &[done.credential]).unwrap().counter(), 2);
}

#[test]
fn a_key_that_verified_once_need_not_where_that_is_only_preferred() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, true).unwrap();
    a.flags = UP;
    let (options, state) = c.begin_authentication(ALICE, std::slice::from_ref(&known)).unwrap();
    let done = c.finish_authentication(&state, &a.get(&options), &[known]).unwrap();
    assert!(!done.user_verified);
}

#[test]
fn authenticators_without_a_counter_stay_at_zero() {
    let c = ceremonies();
    let mut a = device(1);
    let known = [register(&c, &mut a, ALICE, false).unwrap()];
    for _ in 0..2 {
        let (options, state) = c.begin_authentication(ALICE, &known).unwrap();
        let done = c.finish_authentication(&state, &a.get_again(&options), &known).unwrap();
        assert_eq!((done.changed, done.credential.counter()), (false, 0));
    }
}

#[test]
fn a_credential_may_come_to_be_synchronised() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, true).unwrap();
    a.flags |= BE;
    let known = log_in(&c, &mut a, &[known]).unwrap();
    log_in(&c, &mut a, std::slice::from_ref(&known)).unwrap();
    a.flags ^= BE;
    assert!(matches!(refusal(log_in(&c, &mut a, &[known])), Refusal::Other(_)));
}

#[test]
fn lenient_about_what_does_not_matter() {
    let c = ceremonies();
    let mut a = device(1);
    a.rk = None;
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let answer = a.create(&options);
    let bare = without(without(without(answer, "", "id"), "", "type"), "", "clientExtensionResults");
    let known = c.finish_registration(&state, &without(bare, "/response", "transports")).unwrap();
    assert_eq!(known.is_passwordless(), None);

    let own = [known];
    let (options, state) = c.begin_authentication(ALICE, &own).unwrap();
    let bare = without(without(a.get(&options), "", "id"), "", "clientExtensionResults");
    c.finish_authentication(&state, &without(bare, "/response", "userHandle"), &own).unwrap();
}

#[test]
fn credentials_and_states_are_small_json() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, true).unwrap();
    let text = serde_json::to_string(&known).unwrap();
    assert!(text.len() < 640, "{} {text}", text.len());
    let read: Credential = serde_json::from_str(&text).unwrap();
    assert_eq!(read.is_passwordless(), Some(true));
    let (_, state) = c.begin_authentication(ALICE, std::slice::from_ref(&known)).unwrap();
    assert!(state.len() < 300, "{} {state}", state.len());
    let (_, state) = c.begin_registration(ALICE, "a", "a", &[known], true).unwrap();
    assert!(state.len() < 450, "{} {state}", state.len());
    log_in(&c, &mut a, &[read]).unwrap();
}
