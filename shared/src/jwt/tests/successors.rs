use super::*;

fn successor(family: &Family, keys: &Keyring) -> String {
    let claims = Claims::refresh(&issuer(), subject(), family, REFRESH);
    sign(&claims, keys.signer(family.rotated_at).unwrap()).unwrap()
}

fn client() -> Client {
    Client::new("Tab")
}

const RULES: Rules = Rules { rotate: true, grace_seconds: 10 };

fn rotate(family: &Family, now: i64) -> Family {
    match decide(family, family.counter, now, RULES, &client()) {
        Decision::Rotate(next) => next,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeated_successor_is_byte_for_byte_the_first_one() {
    for keys in [ring(&[NOW]), Keyring::of_setting(secret())] {
        let family = rotate(&Family::new([3; 32], NOW, 30 * DAY), NOW + 100);
        let first = successor(&family, &keys);
        assert_eq!(decide(&family, 0, NOW + 110, RULES, &client()), Decision::Repeat);
        // The family as another function reads it from the table.
        let stored = serde_json::from_str::<Family>(&serde_json::to_string(&family).unwrap()).unwrap();
        assert_eq!(successor(&stored, &keys), first);
        let claims = verify(&first, &keys, &issuer(), TokenUse::Refresh, NOW + 110, SHARP).unwrap();
        assert_eq!((claims.iat, claims.exp), (NOW + 100, NOW + 100 + REFRESH));
        assert_eq!(family.counter_of(&claims.jti), Some(1));
    }
}

#[test]
fn each_successor_is_a_different_token() {
    let keys = Keyring::of_setting(secret());
    let mut family = Family::new([3; 32], NOW, 30 * DAY);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..MOST_IN_WINDOW {
        assert!(seen.insert(successor(&family, &keys)));
        // All in the same second.
        family = rotate(&family, NOW);
    }
}

#[test]
fn no_successor_outlives_the_family() {
    let keys = Keyring::of_setting(secret());
    let family = rotate(&Family::new([3; 32], NOW, 2 * DAY), NOW + DAY + DAY / 2);
    let token = successor(&family, &keys);
    let at = |now| verify(&token, &keys, &issuer(), TokenUse::Refresh, now, SHARP).err();
    assert_eq!((at(NOW + 2 * DAY - 1), at(NOW + 2 * DAY)), (None, Some(TokenError::Expired)));
}

#[test]
fn families_of_two_sessions_have_different_tokens() {
    let (one, other) = (Family::new([3; 32], NOW, DAY), Family::new([4; 32], NOW, DAY));
    assert_ne!(one.jti(), other.jti());
    assert_eq!(other.counter_of(&one.jti()), None);
}
