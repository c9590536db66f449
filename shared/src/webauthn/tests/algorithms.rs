//! Tests of every offered algorithm, with real keys in the authenticators.

use serde_json::json;

use super::*;

/// COSE numbers of the offered algorithms: ES256, EdDSA, ES384, ES512, PS256, RS256.
const OFFERED: [i64; 6] = [-7, -8, -35, -36, -37, -257];

#[test]
fn the_algorithms_of_the_reference_are_offered() {
    let (options, _) = ceremonies().begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let expected = OFFERED.map(|alg| json!({"alg": alg, "type": "public-key"}));
    assert_eq!(options["publicKey"]["pubKeyCredParams"], json!(expected));
}

#[test]
fn keys_of_every_offered_algorithm_can_be_created_and_used() {
    let c = ceremonies();
    for algorithm in OFFERED {
        let mut a = device(1).of_algorithm(algorithm);
        let known = register(&c, &mut a, ALICE, true).unwrap();
        // The credential as the table stores it.
        let known: Credential = serde_json::from_value(json!(known)).unwrap();
        assert!(json!(known).to_string().len() < 900, "{algorithm}");
        let known = use_key(&c, &mut a, ALICE, &[known]).unwrap();
        let known = log_in(&c, &mut a, &[known]).unwrap();
        assert_eq!(known.counter(), 2, "{algorithm}");
    }
}

/// The engine gets another key for some algorithms. It must still see everything else as the client sent it.
#[test]
fn keys_of_every_offered_algorithm_are_refused_for_the_same_reasons() {
    let c = Ceremonies::new(&Policy { user_verification: UserVerification::Required, ..policy() }).unwrap();
    type Change = fn(&mut Authenticator);
    let changes: [(Change, VerificationError); 4] = [
        (|a| a.origin = "https://evil.example".into(), VerificationError::Origin),
        (|a| a.rp_id = "evil.example".into(), VerificationError::RelyingParty),
        (|a| a.flags = UV, VerificationError::UserPresence),
        (|a| a.flags = UP, VerificationError::UserVerification),
    ];
    for algorithm in OFFERED {
        let mut a = device(1).of_algorithm(algorithm);
        let own = [register(&c, &mut a, ALICE, true).unwrap()];
        for (change, expected) in &changes {
            let mut bad = a.clone();
            change(&mut bad);
            assert_eq!(refusal(register(&c, &mut bad, ALICE, true)), *expected, "{algorithm}");
            assert_eq!(refusal(use_key(&c, &mut bad, ALICE, &own)), *expected, "{algorithm}");
            assert_eq!(refusal(log_in(&c, &mut bad, &own)), *expected, "{algorithm}");
        }
        let (_, state) = c.begin_discoverable().unwrap();
        let (other, _) = c.begin_discoverable().unwrap();
        assert_eq!(
            refusal(c.finish_discoverable(&state, &a.get(&other), &own)),
            VerificationError::Challenge,
            "{algorithm}"
        );
        let own = [log_in(&c, &mut a, &own).unwrap()];
        a.counter -= 1;
        assert_eq!(refusal(log_in(&c, &mut a, &own)), VerificationError::Counter, "{algorithm}");
    }
}

#[test]
fn a_signature_of_another_key_or_of_other_data_is_refused() {
    let c = ceremonies();
    for algorithm in OFFERED {
        let mut a = device(1).of_algorithm(algorithm);
        let own = [register(&c, &mut a, ALICE, true).unwrap()];
        let mut thief = device(2).of_algorithm(algorithm);
        thief.create(&c.begin_registration(ALICE, "a", "a", &[], true).unwrap().0);
        thief.id.clone_from(&a.id);
        assert_eq!(refusal(log_in(&c, &mut thief, &own)), VerificationError::Signature, "{algorithm}");

        let (options, state) = c.begin_discoverable().unwrap();
        let answer = a.get(&options);
        for member in ["authenticatorData", "clientDataJSON", "signature"] {
            let mut forged = answer.clone();
            forged["response"][member] = a.get(&options)["response"][member].clone();
            let result = c.finish_discoverable(&state, &forged, &own).map(|_| ());
            // Both have the same client data. Two ECDSA signatures of the same counter are never equal.
            match member {
                "clientDataJSON" => result.unwrap(),
                _ => assert_eq!(refusal(result), VerificationError::Signature, "{algorithm} {member}"),
            }
        }
        for signature in [&b""[..], &[0; 64], &[0xff; 256]] {
            let mut forged = answer.clone();
            forged["response"]["signature"] = json!(authenticator::b64(signature));
            let result = c.finish_discoverable(&state, &forged, &own).map(|_| ());
            assert_eq!(refusal(result), VerificationError::Signature, "{algorithm}");
        }
    }
}

/// Broken keys of the algorithms that this module parses itself: each byte of the attestation is changed.
#[test]
fn broken_keys_do_not_cause_a_panic() {
    let c = ceremonies();
    for algorithm in [-8, -36, -37] {
        let mut a = device(1).of_algorithm(algorithm);
        let (options, state) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
        let created = a.create(&options);
        let object = a.attestation_object();
        let attempt = |bytes: &[u8]| {
            let mut value = created.clone();
            value["response"]["attestationObject"] = json!(authenticator::b64(bytes));
            c.finish_registration(&state, &value)
        };
        for n in 0..object.len() {
            attempt(&object[..n]).unwrap_err();
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut bytes = object.clone();
                bytes[n] ^= flip;
                let _ = attempt(&bytes);
            }
        }
    }
}

/// We do not request attestation. A statement that a client sends anyway is ignored, whatever its format.
#[test]
fn attestation_statements_are_ignored() {
    let c = ceremonies();
    let mut a = device(1);
    let (options, state) = c.begin_registration(ALICE, "a", "a", &[], false).unwrap();
    let mut answer = a.create(&options);
    let object = a.attestation_object();
    // {"fmt": "none", ...} becomes {"fmt": "what", ...}
    let place = object.windows(4).position(|bytes| bytes == b"none").unwrap();
    let unknown = [&object[..place], b"what", &object[place + 4..]].concat();
    answer["response"]["attestationObject"] = json!(authenticator::b64(&unknown));
    let own = [c.finish_registration(&state, &answer).unwrap()];
    use_key(&c, &mut a, ALICE, &own).unwrap();
}
