//! Tests with vectors that were created with Django 5.2.

use super::*;

const PLAIN: &str = "correct horse";
const UNICODE: &str = "pässwörd 密码 \u{1f511}";

/// Cheap parameters for tests. The first two vectors use them.
const CHEAP: Parameters = Parameters { memory_kib: 64, passes: 1, lanes: 2 };

const VECTORS: &[(&str, &str)] = &[
    (
        PLAIN,
        "argon2$argon2id$v=19$m=64,t=1,p=2$WmszdkowcTdZdzJzVG44UmJYYzVMYQ$3tz5+qA+KDNajdM0zrpE7DPcvy7kvNqIkl0ImJ7A/A4",
    ),
    (
        UNICODE,
        "argon2$argon2id$v=19$m=64,t=1,p=2$WmszdkowcTdZdzJzVG44UmJYYzVMYQ$6RAA6DKt0sj/dtOgnSRAjrRfxxBEdYhjIg3sely/iWs",
    ),
    (
        PLAIN,
        "argon2$argon2id$v=19$m=1024,t=2,p=8$WmszdkowcTdZdzJzVG44UmJYYzVMYQ$qO6uoqPsi9dF7NGncLkM8nEObC88d1OTqu+oJS3wtRY",
    ),
    (UNICODE, "argon2$argon2i$v=19$m=32,t=1,p=1$c2FsdHNhbHQ$NiJpB3AnFYCitvKk84D1xP1viG79CeuUXzTKUoHxHtA"),
    (UNICODE, "argon2$argon2d$v=19$m=32,t=1,p=1$c2FsdHNhbHQ$dVroMYm5vhP+Gz3uyNVcLYBM+kk2TMi+eeUHEf9FRDg"),
    (UNICODE, "argon2$argon2i$v=16$m=32,t=2,p=1$c2FsdHNhbHQ$RhLmccB1MuDkIXXnGuOVY8HT4kezZHCIoAAbJynTxws"),
    (UNICODE, "argon2$argon2i$m=32,t=2,p=1$c2FsdHNhbHQ$RhLmccB1MuDkIXXnGuOVY8HT4kezZHCIoAAbJynTxws"),
    (UNICODE, "argon2$argon2id$v=16$m=32,t=2,p=1$c2FsdHNhbHQ$w7QyroPR6VR9pL/nXx+6kz5EYrW17VzRV4wQ+FKNOCs"),
    (UNICODE, "argon2$argon2id$m=32,t=2,p=1$c2FsdHNhbHQ$w7QyroPR6VR9pL/nXx+6kz5EYrW17VzRV4wQ+FKNOCs"),
    (PLAIN, "argon2$argon2id$v=19$m=32,t=1,p=1$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ"),
    (PLAIN, "pbkdf2_sha256$50$w7FqQeSALTyUX1$dgYb9Mqq6vjAGmhPnnK4bkxAErmoDFmAsqrizC21wTg="),
    (UNICODE, "pbkdf2_sha256$50$w7FqQeSALTyUX1$HPiTeiAEdhV0QwlxGKNQtEW3tggIc4XqKVGb5y2iBh4="),
    ("", "pbkdf2_sha256$1$sältchen$e1wr3S3JQERBSPsksMRn7yEXc4u1TVjO2sRijPo+N7M="),
    (PLAIN, "pbkdf2_sha1$50$w7FqQeSALTyUX1$7/IFleXOlXHDsIxn28f2M08/bWU="),
    (UNICODE, "pbkdf2_sha1$50$w7FqQeSALTyUX1$EvWPgPxjh7j+qIB+3QLQvk5gcQ4="),
    ("", "pbkdf2_sha1$1$sältchen$l++DffJpF4eEtZRYfxaJ6d+E91k="),
    (
        PLAIN,
        "scrypt$16$w7FqQeSALTyUX1$8$5$bJ++zSRLXuO98wbabJdiruWazOwRAgDPtr0L7/unLxDO6xtlg5kWBhmu5P+hVotau/kvxI83YjI0MnwkbVMFtg==",
    ),
    (
        UNICODE,
        "scrypt$16$w7FqQeSALTyUX1$8$5$wbuODOeEy6VkD6+MkMIXAkVGhCCQMXCUr2ZxTWjodLw6+aSV2sNGPcTO8xGOG0I5wh7Fygz7QLeDFL0Fy+AGNw==",
    ),
    (PLAIN, "scrypt$64$ñ$2$1$jdGxXULdUUTBIkVZgo6Eq8uVJ9cFP+EIk+CRQb0ehiWBOycEgUCzshndz1APZTqHEDiXaL81hdisYc1943soxg=="),
    (PLAIN, "bcrypt_sha256$$2b$04$ytTPnJ5axlwD4OI3aiQ7ZO0O5h0eXoQovV4i/ZCde3EIF19duN7Pe"),
    (UNICODE, "bcrypt_sha256$$2b$04$XizsSd.zW0CvxlAbvHMWJO6pQZ.1r.eOTD7HNNgpVFMiEqdG9iNMy"),
    (UNICODE, "bcrypt_sha256$$2a$04$vRdFNAaAk/QpCe33eLfFWuDaYalj8m69QXS.xfbct0NDIwswJBcm2"),
    (PLAIN, "bcrypt$$2b$04$cKgQ7ii3rbaoOe9K7..9HOuaApDXCvpTIsW/7n3JhDsFUpJs9tRVG"),
    (UNICODE, "bcrypt$$2b$04$Od6Esu4GR1k9BDOTWNh.yO0l3cVounhtDQvuXR3f1eTJk0IvPDb1C"),
    (UNICODE, "bcrypt$$2a$04$Hpt88kUdrzQcb4SBTGTJruNxZee1DNI2AYpcH8X4rfXHJM.I0DRSW"),
];

#[test]
fn right_passwords_are_recognized() {
    for (index, (password, encoded)) in VECTORS.iter().enumerate() {
        let rehash = index >= 2;
        let verdict = verify(password, encoded, &CHEAP);
        assert_eq!(verdict, Verdict::Right { rehash }, "{encoded}");
    }
}

#[test]
fn wrong_passwords_are_refused() {
    for (password, encoded) in VECTORS {
        for wrong in [format!("{password}x"), password.to_uppercase() + "!", " ".into()] {
            assert_eq!(verify(&wrong, encoded, &CHEAP), Verdict::Wrong, "{encoded}");
        }
        if !password.is_empty() {
            assert_eq!(verify("", encoded, &CHEAP), Verdict::Wrong, "{encoded}");
        }
    }
}

#[test]
fn every_character_of_a_long_password_counts() {
    let vectors = [
        ("x", 200, "pbkdf2_sha256$2$s$BeKtsSihSjRcDpcASPFRmyymi6S85dhKbJh50Vp3Muc="),
        ("x", 200, "pbkdf2_sha1$2$s$AFW+iCir+AuDEQd6BR4ZX0FX9lo="),
        ("y", 100, "bcrypt_sha256$$2b$04$A8LkdSVxmgyWqZaDAgoWEOnMD5WU1Z25Mi2R/F5UwPrjZ.1lG1JO6"),
    ];
    for (letter, length, encoded) in vectors {
        let password = letter.repeat(length);
        let right = Verdict::Right { rehash: true };
        assert_eq!(verify(&password, encoded, &CHEAP), right);
        assert_eq!(verify(&password[1..], encoded, &CHEAP), Verdict::Wrong);
    }
}

#[test]
fn plain_bcrypt_uses_only_72_bytes() {
    let encoded = "bcrypt$$2b$04$cp8GZhmENDpFIcIk.5ImUeAUAUILOgwX3RKL8mlHB9kPHoTAwPXC.";
    let right = Verdict::Right { rehash: true };
    assert_eq!(verify(&"z".repeat(72), encoded, &CHEAP), right);
    assert_eq!(verify(&"z".repeat(100), encoded, &CHEAP), right);
    assert_eq!(verify(&"z".repeat(71), encoded, &CHEAP), Verdict::Wrong);
}

#[test]
fn new_hashes_are_encoded_as_django_does() {
    let encoded = hash(UNICODE, *b"0123456789abcdef", &CHEAP);
    assert_eq!(
        encoded,
        "argon2$argon2id$v=19$m=64,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg$wnesqFjHELlDwHDKcF3tVUMXFu74z9tZNGV0zlbOdKw"
    );
    let right = Verdict::Right { rehash: false };
    assert_eq!(verify(UNICODE, &encoded, &CHEAP), right);
    assert_eq!(verify(PLAIN, &encoded, &CHEAP), Verdict::Wrong);
}

#[test]
fn new_hashes_have_the_cost_that_owasp_recommends() {
    let encoded = hash(PLAIN, [7; 16], &Parameters::default());
    assert!(encoded.starts_with("argon2$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"));
    let right = Verdict::Right { rehash: false };
    assert_eq!(verify(PLAIN, &encoded, &Parameters::default()), right);
    let right = Verdict::Right { rehash: true };
    assert_eq!(verify(PLAIN, &encoded, &CHEAP), right);
}

#[test]
fn composed_and_decomposed_forms_are_the_same_password() {
    let (composed, decomposed) = (
        "Zo\u{eb} \u{d55c}\u{ae00} r\u{e9}sum\u{e9}",
        "Zoe\u{308} \u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} re\u{301}sume\u{301}",
    );
    for set in [composed, decomposed] {
        let encoded = hash(set, [7; 16], &CHEAP);
        for typed in [composed, decomposed] {
            assert_eq!(verify(typed, &encoded, &CHEAP), Verdict::Right { rehash: false }, "{typed}");
        }
    }
    assert_eq!(verify("Zoe", &hash(composed, [7; 16], &CHEAP), &CHEAP), Verdict::Wrong);
}

#[test]
fn a_hash_of_the_decomposed_form_is_verified_and_must_be_replaced() {
    let decomposed = "pa\u{308}sswo\u{308}rd";
    let old = argon::hash(decomposed, &[7; 16], &CHEAP).unwrap();
    assert_eq!(verify(decomposed, &old, &CHEAP), Verdict::Right { rehash: true });
    let new = hash(decomposed, [7; 16], &CHEAP);
    assert_eq!(verify(decomposed, &new, &CHEAP), Verdict::Right { rehash: false });
    assert_eq!(verify("pa\u{308}ssword", &old, &CHEAP), Verdict::Wrong);
}

/// A wrong password takes the same time whether or not there is a hash to compare it with.
#[test]
fn only_a_password_with_two_forms_is_tried_twice() {
    for (password, count) in [("correct horse", 1), ("p\u{e4}ssword", 1), ("pa\u{308}ssword", 2), ("\u{212b}", 2)] {
        assert_eq!(forms(password).count(), count, "{password}");
    }
}

#[test]
fn any_other_parameter_requires_a_new_hash() {
    let encoded = hash(PLAIN, [7; 16], &CHEAP);
    let others =
        [Parameters { memory_kib: 65, ..CHEAP }, Parameters { passes: 2, ..CHEAP }, Parameters { lanes: 1, ..CHEAP }];
    for other in others {
        let right = Verdict::Right { rehash: true };
        assert_eq!(verify(PLAIN, &encoded, &other), right, "{other:?}");
    }
}

#[test]
fn impossible_parameters_are_moved_to_the_limits() {
    let zero = Parameters { memory_kib: 0, passes: 0, lanes: 0 };
    let encoded = hash(PLAIN, [7; 16], &zero);
    assert!(encoded.starts_with("argon2$argon2id$v=19$m=8,t=1,p=1$"));
    let right = Verdict::Right { rehash: false };
    assert_eq!(verify(PLAIN, &encoded, &zero), right);

    let most = Parameters { memory_kib: u32::MAX, passes: u32::MAX, lanes: u32::MAX };
    let limits = Parameters { memory_kib: 1024 * 1024, passes: 4, lanes: 128 * 1024 };
    assert_eq!(most.within_limits(), limits);
    let default = Parameters::default();
    assert_eq!(default.within_limits(), default);
}

#[test]
fn only_an_exclamation_mark_makes_a_value_unusable() {
    assert!(!is_usable(UNUSABLE));
    assert!(!is_usable("!kF3jd8sLq0"));
    assert!(is_usable(""));
    assert!(is_usable(VECTORS[0].1));
}

#[test]
fn a_damaged_value_matches_no_password() {
    for (password, encoded) in VECTORS {
        for (at, character) in encoded.char_indices() {
            let (before, after) = (&encoded[..at], &encoded[at + character.len_utf8()..]);
            let damaged = ["", "$", "~", "é", "=", "+"].map(|new| format!("{before}{new}{after}"));
            for damaged in damaged.iter().filter(|damaged| damaged != encoded) {
                assert_eq!(verify(password, damaged, &CHEAP), Verdict::Wrong, "{damaged}");
            }
            assert_eq!(verify(password, before, &CHEAP), Verdict::Wrong, "{before}");
        }
        for addition in ["$", "=", "A", " ", "\n", "\0"] {
            let damaged = format!("{encoded}{addition}");
            assert_eq!(verify(password, &damaged, &CHEAP), Verdict::Wrong, "{damaged}");
        }
    }
}

#[test]
fn a_value_of_another_format_matches_no_password() {
    let values = [
        "",
        "$",
        "$$$$$$",
        "!",
        "!argon2$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHQ$",
        "correct horse",
        // MD5 and SHA-1, which Django used in the past.
        "3cb4e732631f47e6eb961f34554b7cde",
        "md5$salt$de8498eb12b0309737310c8971cfc7a2",
        "sha1$$2f9e53523b62abc141a2b4d6019d23cba835dbd0",
        "argon2",
        "argon2$",
        "argon2$argon2id$v=19$m=64,t=1,p=2$$",
        "argon2$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHQ$",
        "argon2$argon2id$v=19$m=64,t=1,p=2$c2FsdA$w5Mn6tJW6ImKHKSGoxcfpQ",
        "argon2$argon2id$v=18$m=64,t=1,p=2$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ",
        "argon2$argon2id$v=19$m=64,t=1,p=9$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ",
        "argon2$argon2id$v=19$m=064,t=1,p=2$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ",
        "argon2$argon2id$v=19$t=1,m=64,p=2$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ",
        "pbkdf2_sha256$0$salt$dgYb9Mqq6vjAGmhPnnK4bkxAErmoDFmAsqrizC21wTg=",
        "pbkdf2_sha256$50$$dgYb9Mqq6vjAGmhPnnK4bkxAErmoDFmAsqrizC21wTg=",
        "pbkdf2_sha256$50$salt$",
        "scrypt$0$salt$8$1$",
        "bcrypt$",
        "bcrypt$$2b$99$ytTPnJ5axlwD4OI3aiQ7ZO0O5h0eXoQovV4i/ZCde3EIF19duN7Pe",
        "bcrypt$$2b$+4$ytTPnJ5axlwD4OI3aiQ7ZO0O5h0eXoQovV4i/ZCde3EIF19duN7Pe",
        "bcrypt$$2b$03$ytTPnJ5axlwD4OI3aiQ7ZO0O5h0eXoQovV4i/ZCde3EIF19duN7Pe",
    ];
    for value in values {
        for password in ["", PLAIN, value] {
            assert_eq!(verify(password, value, &CHEAP), Verdict::Wrong, "{value}");
        }
    }
}

/// `None` means that no hash was computed.
#[test]
fn excessive_cost_is_refused() {
    for costs in ["m=1048577,t=1,p=1", "m=4294967295,t=4294967295,p=1", "m=1024,t=4097,p=1"] {
        let rest = format!("argon2id$v=19${costs}$c2FsdHNhbHQ$w5Mn6tJW6ImKHKSGoxcfpQ");
        assert_eq!(argon::verify(PLAIN, &rest, &CHEAP), None, "{costs}");
    }
    for iterations in ["10000001", "4294967295", "4294967296"] {
        let rest = format!("{iterations}$s$dgYb9Mqq6vjAGmhPnnK4bkxAErmoDFmAsqrizC21wTg=");
        assert_eq!(imported::pbkdf2_sha256(PLAIN, &rest), None, "{iterations}");
    }
    let hash = VECTORS.iter().find_map(|(_, encoded)| encoded.strip_prefix("scrypt$16$"));
    let (_, hash) = hash.unwrap().rsplit_once('$').unwrap();
    let max = u32::MAX;
    let costs = [(1 << 22, 1, 1), (1 << 18, 9, 1), (1 << 18, 8, 5), (2, max, max), (2, 1, max)];
    for (n, r, p) in costs.into_iter().chain([(1, 8, 1), (24, 8, 1)]) {
        let rest = format!("{n}$salt${r}${p}${hash}");
        assert_eq!(imported::scrypt(PLAIN, &rest), None, "{n} {r} {p}");
    }
    for cost in [17, 31, 32] {
        let rest = format!("$2b${cost}$ytTPnJ5axlwD4OI3aiQ7ZO0O5h0eXoQovV4i/ZCde3EIF19duN7Pe");
        assert_eq!(imported::bcrypt(PLAIN, &rest), None, "{cost}");
        assert_eq!(imported::bcrypt_sha256(PLAIN, &rest), None, "{cost}");
    }
}
