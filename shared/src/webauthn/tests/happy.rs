use serde_json::{Value, json};

use super::{authenticator::in_plain_base64, *};

/// Normalizes options like the conformance suite, which then compares them.
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
fn full_options_have_a_timeout_and_transports() {
    let c = Ceremonies::new(&Policy { full_options: true, ..policy() }).unwrap();
    let known = [register(&c, &mut device(1), ALICE, false).unwrap()];
    let (create, _) = c.begin_registration(ALICE, "a", "a", &known, false).unwrap();
    let (get, _) = c.begin_authentication(ALICE, &known).unwrap();
    let descriptor = json!([{"id": authenticator::b64(&[1; 32]), "type": "public-key", "transports": ["internal"]}]);
    assert_eq!(create["publicKey"]["excludeCredentials"], descriptor, "unknown words are omitted");
    assert_eq!(get["publicKey"]["allowCredentials"], descriptor);
    let (discoverable, _) = c.begin_discoverable().unwrap();
    for options in [create, get, discoverable] {
        assert_eq!(options["publicKey"]["timeout"], json!(600_000));
    }
}

#[test]
fn stored_transports_are_sent_with_full_options_and_invalid_ones_are_dropped() {
    let known = [register(&ceremonies(), &mut device(1), ALICE, false).unwrap()];
    let c = Ceremonies::new(&Policy { full_options: true, ..policy() }).unwrap();
    let (get, _) = c.begin_authentication(ALICE, &known).unwrap();
    assert_eq!(get["publicKey"]["allowCredentials"][0]["transports"], json!(["internal"]));
    let mut a = device(1);
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    for transports in [json!(null), json!("usb"), json!([]), json!([7, {}, "x".repeat(5000)])] {
        let mut answer = a.create(&options);
        answer["response"]["transports"] = transports;
        let known = c.finish_registration(&state, &answer).unwrap();
        let (get, _) = c.begin_authentication(ALICE, &[known]).unwrap();
        assert_eq!(get["publicKey"]["allowCredentials"][0].get("transports"), None);
    }
}

#[test]
fn binary_members_can_be_in_plain_base64() {
    let c = ceremonies();
    let mut a = device(1);
    a.id = vec![0xfb, 0xff, 0xbf, 0xfe]; // +/+//g==
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[], true).unwrap();
    let answer = in_plain_base64(a.create(&options));
    assert_eq!((&answer["id"], &answer["rawId"]), (&json!("+/+//g=="), &json!("+/+//g==")));
    let mut own = vec![c.finish_registration(&state, &answer).unwrap()];
    assert_eq!(own[0].id(), "-_-__g");

    // Many signatures, so that some contain each of the characters.
    for _ in 0..20 {
        let (options, state) = c.begin_authentication(ALICE, &own).unwrap();
        let mut answer = in_plain_base64(a.get(&options));
        answer["id"] = json!("-_-__g"); // each member can have its own alphabet
        own = vec![c.finish_authentication(&state, &answer, &own).unwrap().credential];
        let (options, state) = c.begin_discoverable().unwrap();
        let answer = in_plain_base64(a.get(&options));
        assert_eq!(c.identify(&answer).unwrap(), (ALICE, a.id.clone()));
        own = vec![c.finish_discoverable(&state, &answer, &own).unwrap().credential];
    }
}

#[test]
fn an_id_in_another_alphabet_is_still_compared_with_the_raw_id() {
    let c = ceremonies();
    let mut a = device(1);
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[], true).unwrap();
    let mut answer = in_plain_base64(a.create(&options));
    answer["id"] = json!("+/+//g==");
    assert!(matches!(c.finish_registration(&state, &answer), Err(CeremonyError::Malformed(_))));
}

#[test]
fn a_second_factor_logs_in_alone_only_after_it_is_created_again_as_a_passkey() {
    let c = ceremonies();
    let mut a = device(1);
    a.flags = UP;
    let mut own = vec![register(&c, &mut a, ALICE, false).unwrap()];
    // The client reports a discoverable credential, but it is not a passkey.
    assert_eq!((own[0].is_passwordless(), own[0].may_log_in_alone()), (Some(false), false));
    a.flags = UP | UV;
    for _ in 0..2 {
        assert_eq!(refusal(log_in(&c, &mut a, &own)), VerificationError::SecondFactorOnly);
        // Verifying its user in addition to a password does not change its permissions.
        own = vec![use_key(&c, &mut a, ALICE, &own).unwrap()];
    }

    let (options, _) = c.begin_registration(ALICE, "a", "a", &own, false).unwrap();
    assert_eq!(options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let (options, state) = c.begin_registration(ALICE, "a", "a", &own, true).unwrap();
    assert_eq!(options["publicKey"]["excludeCredentials"], json!([]), "the authenticator can create a passkey");
    let upgraded = c.finish_registration(&state, &a.create(&options)).unwrap();
    assert_eq!(upgraded.is_passwordless(), Some(true));
    log_in(&c, &mut a, &[upgraded]).unwrap();
}

#[test]
fn a_user_without_a_name_can_register() {
    let (options, _) = ceremonies().begin_registration(ALICE, "", "", &[], false).unwrap();
    assert_eq!(options["publicKey"]["user"]["displayName"], json!(ALICE.to_string()));
}

#[test]
fn the_policy_sets_the_requested_user_verification() {
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
fn a_second_factor_is_registered_and_used() {
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
fn a_passkey_logs_in_without_a_username() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, true).unwrap();
    assert_eq!(known.is_passwordless(), Some(true));
    let (options, state) = c.begin_discoverable().unwrap();
    let answer = a.get(&options);
    assert_eq!(c.identify(&answer).unwrap(), (ALICE, a.id.clone()));
    let done = c.finish_discoverable(&state, &answer, &[known]).unwrap();
    assert!(done.user_verified);
    // A passkey can also be used as a second factor.
    assert_eq!(use_key(&c, &mut a, ALICE, &[done.credential]).unwrap().counter(), 2);
}

#[test]
fn user_verification_at_registration_does_not_require_it_for_a_second_factor() {
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
fn unneeded_members_are_optional() {
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
