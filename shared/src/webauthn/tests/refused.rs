use serde_json::json;

use super::*;

/// Registers, lets `change` break the authenticator, and returns the refusals of registration, second factor and login.
fn spoiled(c: &Ceremonies, change: impl Fn(&mut Authenticator)) -> [VerificationError; 3] {
    let mut a = device(1);
    let known = [register(c, &mut a, ALICE, true).unwrap()];
    change(&mut a);
    let again = refusal(register(c, &mut a, ALICE, true));
    [again, refusal(use_key(c, &mut a, ALICE, &known)), refusal(log_in(c, &mut a, &known))]
}

#[test]
fn another_origin_is_refused() {
    for origin in [
        "https://evil.example",
        "https://example.com",
        "https://a.login.example.com",
        "https://login.example.com:444",
        "http://login.example.com",
        "https://login.example.com.evil.example",
        "android:apk-key-hash:AAAA",
    ] {
        let refusals = spoiled(&ceremonies(), |a| a.origin = origin.into());
        assert_eq!(
            refusals,
            [VerificationError::Origin, VerificationError::Origin, VerificationError::Origin],
            "{origin}"
        );
    }
}

#[test]
fn another_relying_party_is_refused() {
    let refusals = spoiled(&ceremonies(), |a| a.rp_id = "login.example.com".into());
    assert_eq!(
        refusals,
        [VerificationError::RelyingParty, VerificationError::RelyingParty, VerificationError::RelyingParty]
    );
}

#[test]
fn an_answer_without_user_presence_is_refused() {
    let refusals = spoiled(&ceremonies(), |a| a.flags &= !UP);
    assert_eq!(
        refusals,
        [VerificationError::UserPresence, VerificationError::UserPresence, VerificationError::UserPresence]
    );
}

#[test]
fn an_answer_without_required_user_verification_is_refused() {
    let c = Ceremonies::new(&Policy { user_verification: UserVerification::Required, ..policy() }).unwrap();
    let refusals = spoiled(&c, |a| a.flags = UP);
    assert_eq!(
        refusals,
        [VerificationError::UserVerification, VerificationError::UserVerification, VerificationError::UserVerification]
    );
    let mut a = device(1);
    a.flags = UP;
    assert_eq!(refusal(register(&c, &mut a, ALICE, false)), VerificationError::UserVerification);

    // Passkeys always require it. A key that was added as a second factor is not a passkey.
    let c = ceremonies();
    assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::UserVerification);
    let known = register(&c, &mut a, ALICE, false).unwrap();
    assert_eq!(refusal(log_in(&c, &mut a, &[known])), VerificationError::SecondFactorOnly);
}

#[test]
fn another_challenge_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let (_, state) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let (other, _) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    assert_eq!(refusal(c.finish_registration(&state, &a.create(&other))), VerificationError::Challenge);

    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (_, state) = c.begin_authentication(ALICE, &own).unwrap();
    let (other, _) = c.begin_authentication(ALICE, &own).unwrap();
    assert_eq!(refusal(c.finish_authentication(&state, &a.get(&other), &own)), VerificationError::Challenge);

    let (_, state) = c.begin_discoverable().unwrap();
    let (other, _) = c.begin_discoverable().unwrap();
    assert_eq!(refusal(c.finish_discoverable(&state, &a.get(&other), &own)), VerificationError::Challenge);
}

#[test]
fn a_counter_that_does_not_increase_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let mut known = register(&c, &mut a, ALICE, true).unwrap();
    let clone = a.clone();
    for _ in 0..3 {
        known = use_key(&c, &mut a, ALICE, &[known]).unwrap();
    }
    let own = [known];
    for counter in [0, 1, 2] {
        let mut old = clone.clone();
        old.counter = counter;
        assert_eq!(refusal(use_key(&c, &mut old, ALICE, &own)), VerificationError::Counter);
        old.counter = counter;
        assert_eq!(refusal(log_in(&c, &mut old, &own)), VerificationError::Counter);
    }
    assert_eq!(use_key(&c, &mut a, ALICE, &own).unwrap().counter(), 4);
}

#[test]
fn a_counter_that_was_used_since_the_start_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let before = [register(&c, &mut a, ALICE, false).unwrap()];
    let (first, first_state) = c.begin_authentication(ALICE, &before).unwrap();
    let (second, second_state) = c.begin_authentication(ALICE, &before).unwrap();
    a.counter = 7;
    let after = c.finish_authentication(&first_state, &a.get_again(&first), &before).unwrap().credential;
    let clone = a.get_again(&second);
    assert_eq!(refusal(c.finish_authentication(&second_state, &clone, &[after])), VerificationError::Counter);
}

#[test]
fn another_users_credential_is_refused() {
    let c = ceremonies();
    let (mut a, mut b) = (device(1), device(2));
    let alice = [register(&c, &mut a, ALICE, true).unwrap()];
    let bob = [register(&c, &mut b, BOB, true).unwrap()];
    let (options, state) = c.begin_authentication(ALICE, &alice).unwrap();
    // Bob's user handle reveals him. Without it, or with Alice's, his credential is not one of hers.
    let answer = b.get(&options);
    assert_eq!(refusal(c.finish_authentication(&state, &answer, &alice)), VerificationError::UserHandle);
    let answer = without(b.get(&options), "/response", "userHandle");
    assert_eq!(refusal(c.finish_authentication(&state, &answer, &alice)), VerificationError::UnknownCredential);
    // This holds even if the caller passes the wrong list.
    assert_eq!(refusal(c.finish_authentication(&state, &b.get(&options), &bob)), VerificationError::UserHandle);

    let (options, state) = c.begin_discoverable().unwrap();
    let mut answer = b.get(&options);
    answer["response"]["userHandle"] = json!(authenticator::b64(ALICE.as_bytes()));
    assert_eq!(c.identify(&answer).unwrap().0, ALICE);
    assert_eq!(refusal(c.finish_discoverable(&state, &answer, &alice)), VerificationError::UnknownCredential);
    // The id of Alice's credential with Bob's signature.
    answer["id"] = json!(alice[0].id());
    answer["rawId"] = answer["id"].clone();
    assert_eq!(refusal(c.finish_discoverable(&state, &answer, &alice)), VerificationError::Signature);
}

#[test]
fn a_user_without_credentials_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    register(&c, &mut a, ALICE, true).unwrap();
    assert_eq!(refusal(log_in(&c, &mut a, &[])), VerificationError::UnknownCredential);
    assert_eq!(refusal(use_key(&c, &mut a, ALICE, &[])), VerificationError::UnknownCredential);
}

#[test]
fn an_unknown_user_handle_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    register(&c, &mut a, ALICE, true).unwrap();
    let (options, _) = c.begin_discoverable().unwrap();
    let answer = a.get(&options);
    assert_eq!(refusal(c.identify(&without(answer.clone(), "/response", "userHandle"))), VerificationError::UserHandle);
    for handle in ["", "MTI"] {
        let mut answer = answer.clone();
        answer["response"]["userHandle"] = json!(handle);
        assert_eq!(refusal(c.identify(&answer)), VerificationError::UserHandle);
    }
}

#[test]
fn a_signature_of_other_data_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (options, state) = c.begin_authentication(ALICE, &own).unwrap();
    let mut answer = a.get(&options);
    answer["response"]["signature"] = a.get(&options)["response"]["signature"].clone();
    assert_eq!(refusal(c.finish_authentication(&state, &answer, &own)), VerificationError::Signature);
}

#[test]
fn a_credential_that_exists_already_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let known = register(&c, &mut a, ALICE, false).unwrap();
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[known], false).unwrap();
    assert!(matches!(refusal(c.finish_registration(&state, &a.create(&options))), VerificationError::Other(_)));
}

#[test]
fn the_state_of_another_kind_of_ceremony_is_refused() {
    let c = ceremonies();
    let mut a = device(1);
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (create, registration) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let (get, authentication) = c.begin_authentication(ALICE, &own).unwrap();
    let (_, discoverable) = c.begin_discoverable().unwrap();
    let (created, answer) = (a.create(&create), a.get(&get));
    for state in [&authentication, &discoverable] {
        assert_eq!(refusal(c.finish_registration(state, &created)), VerificationError::Kind);
    }
    for state in [&String::new(), &"{}".to_owned()] {
        let error = c.finish_registration(state, &created).unwrap_err();
        assert!(matches!(error, CeremonyError::State(_)) && error.code().is_none());
    }
    for state in [&registration, &discoverable] {
        assert_eq!(refusal(c.finish_authentication(state, &answer, &own)), VerificationError::Kind);
    }
    for state in [&registration, &authentication] {
        assert_eq!(refusal(c.finish_discoverable(state, &answer, &own)), VerificationError::Kind);
    }
}

#[test]
fn an_answer_of_create_is_refused_for_get_and_the_reverse() {
    let c = ceremonies();
    let mut a = device(1);
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    let (options, state) = c.begin_authentication(ALICE, &own).unwrap();
    let mut answer = a.get(&options);
    let (mut create, _) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    create["publicKey"]["challenge"] = options["publicKey"]["challenge"].clone();
    answer["response"]["clientDataJSON"] = a.create(&create)["response"]["clientDataJSON"].clone();
    assert_eq!(refusal(c.finish_authentication(&state, &answer, &own)), VerificationError::Kind);
}
