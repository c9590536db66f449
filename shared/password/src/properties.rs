//! Properties of random passwords and random stored values.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::STANDARD_NO_PAD};
use proptest::prelude::*;
use sha1::Sha1;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

const CHEAP: Parameters = Parameters { memory_kib: 8, passes: 1, lanes: 1 };

/// Stored values that resemble hashes. Their costs have at most two digits, so that verifying them is quick.
fn lookalike() -> impl Strategy<Value = String> {
    let field = "[A-Za-z0-9+/]{0,48}={0,2}";
    let salt = "[ -#%-~]{0,12}";
    prop_oneof![
        ("argon2(id|i|d|x)", "(\\$v=[0-9]{1,2})?\\$m=[0-9]{1,2},t=[0-9]{1,2},p=[0-9]{1,2}", field, field)
            .prop_map(|(algorithm, costs, salt, hash)| format!("argon2${algorithm}{costs}${salt}${hash}")),
        ("pbkdf2_sha(1|256)", 0..100_u32, salt, field)
            .prop_map(|(algorithm, iterations, salt, hash)| format!("{algorithm}${iterations}${salt}${hash}")),
        (0..100_u32, salt, 0..100_u32, 0..10_u32, field)
            .prop_map(|(n, salt, r, p, hash)| format!("scrypt${n}${salt}${r}${p}${hash}")),
        "bcrypt(_sha256)?\\$\\$2[abxy]\\$[0-9+]?[0-3]\\$[./A-Za-z0-9]{50,54}",
        "(argon2|pbkdf2_sha256|pbkdf2_sha1|scrypt|bcrypt|bcrypt_sha256)\\$\\PC{0,40}",
        "\\PC{0,80}",
    ]
}

proptest! {
    #[test]
    fn a_hash_verifies_its_password_and_no_other(password in "\\PC{0,80}", other in "\\PC{0,80}", salt: [u8; 16]) {
        let encoded = hash(&password, salt, &CHEAP);
        prop_assert_eq!(verify(&password, &encoded, &CHEAP), Verdict::Right { rehash: false });
        let is_same = password.nfc().eq(other.nfc());
        prop_assert_eq!(verify(&other, &encoded, &CHEAP) != Verdict::Wrong, is_same);
    }

    #[test]
    fn a_password_may_arrive_decomposed(password in "[a-zA-Z\u{c0}-\u{17f}\u{ac00}-\u{d7a3}]{1,30}", salt: [u8; 16]) {
        let decomposed: String = password.nfd().collect();
        let right = Verdict::Right { rehash: false };
        prop_assert_eq!(verify(&decomposed, &hash(&password, salt, &CHEAP), &CHEAP), right);
        prop_assert_eq!(verify(&password, &hash(&decomposed, salt, &CHEAP), &CHEAP), right);
    }

    #[test]
    fn imported_hashes_verify_their_password(
        password in "[ -~]{0,40}",
        salt in "[A-Za-z0-9]{1,22}",
        iterations in 1_u32..40,
        (log_n, r, p) in (1_u8..5, 1_u32..4, 1_u32..4),
    ) {
        let sha256 = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt.as_bytes(), iterations);
        let sha1 = pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password.as_bytes(), salt.as_bytes(), iterations);
        let params = scrypt::Params::new(log_n, r, p).unwrap();
        let mut scrypted = [0; 64];
        scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut scrypted).unwrap();
        for encoded in [
            format!("pbkdf2_sha256${iterations}${salt}${}", STANDARD.encode(sha256)),
            format!("pbkdf2_sha1${iterations}${salt}${}", STANDARD.encode(sha1)),
            format!("scrypt${}${salt}${r}${p}${}", 1 << log_n, STANDARD.encode(scrypted)),
        ] {
            prop_assert_eq!(verify(&password, &encoded, &CHEAP), Verdict::Right { rehash: true }, "{}", encoded);
            prop_assert_eq!(verify(&format!("{password}x"), &encoded, &CHEAP), Verdict::Wrong, "{}", encoded);
        }
    }

    #[test]
    fn an_older_argon2_hash_verifies_and_is_outdated(
        password in "[ -~]{0,40}",
        salt in prop::collection::vec(any::<u8>(), 8..40),
        (memory_kib, passes) in (8_u32..40, 1_u32..4),
    ) {
        let params = argon2::Params::new(memory_kib, passes, 1, Some(24)).unwrap();
        let mut output = [0; 24];
        let argon = argon2::Argon2::new(argon2::Algorithm::Argon2i, argon2::Version::V0x10, params);
        argon.hash_password_into(password.as_bytes(), &salt, &mut output).unwrap();
        let (salt, output) = (STANDARD_NO_PAD.encode(&salt), STANDARD_NO_PAD.encode(output));
        let encoded = format!("argon2$argon2i$m={memory_kib},t={passes},p=1${salt}${output}");
        prop_assert_eq!(verify(&password, &encoded, &CHEAP), Verdict::Right { rehash: true });
    }

    #[test]
    fn any_stored_value_is_judged_without_a_panic(password in "\\PC{0,20}", encoded in lookalike()) {
        prop_assert_eq!(verify(&password, &encoded, &CHEAP), Verdict::Wrong);
    }
}
