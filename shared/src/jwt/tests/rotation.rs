use super::*;
use crate::jwt::schedule::{signing, terms};

/// Returns the names of the published keys, and of the key that signs.
fn state(keys: &Keyring, now: i64) -> (Vec<&str>, &str) {
    (keys.published(now).map(SigningKey::kid).collect(), keys.signer(now).unwrap().kid())
}

#[test]
fn without_keys_a_new_one_is_due_and_none_signs() {
    let empty = ring(&[]);
    assert!(empty.wants_new(NOW) && empty.signer(NOW).is_none() && empty.dead(NOW).is_empty());
    assert_eq!(empty.published(NOW).count(), 0);
}

#[test]
fn the_first_key_signs_immediately() {
    let keys = ring(&[NOW]);
    assert_eq!(state(&keys, NOW), (vec![kid(0)], kid(0)));
    assert!(!keys.wants_new(NOW) && keys.dead(i64::MAX).is_empty());
    // Also on a machine with a late clock.
    assert_eq!(state(&keys, NOW - 60), (vec![kid(0)], kid(0)));
}

#[test]
fn a_new_key_is_published_three_hours_before_it_signs() {
    let made = NOW + 90 * DAY;
    let keys = ring(&[NOW, made]);
    for (at, signer) in [(made, 0), (made + LEAD_SECONDS - 1, 0), (made + LEAD_SECONDS, 1), (made + 2 * DAY, 1)] {
        assert_eq!(keys.signer(at).unwrap().kid(), kid(signer), "{at}");
        assert!(keys.published(at).any(|key| key.kid() == kid(1)));
    }
}

#[test]
fn an_old_key_is_published_until_its_last_token_has_expired() {
    let made = NOW + 90 * DAY;
    let keys = ring(&[NOW, made]);
    let last = made + LEAD_SECONDS - 1;
    let claims = Claims::access(&issuer(), subject(), [7; 16], last, ACCESS, Map::new());
    let token = sign(&claims, keys.signer(last).unwrap()).unwrap();
    let over = made + LEAD_SECONDS + ACCESS;
    assert!(claims.exp < over);
    let verified = |now| check(&token, &keys, now).map(|claims| claims.iat);
    assert_eq!(verified(claims.exp - 1), Ok(last));
    assert_eq!(verified(over - 1), Err(TokenError::Expired));
    assert_eq!(verified(over), Err(TokenError::UnknownKey));
    assert_eq!((state(&keys, over - 1), keys.dead(over - 1).len()), ((vec![kid(0), kid(1)], kid(1)), 0));
    assert_eq!((state(&keys, over), keys.dead(over)), ((vec![kid(1)], kid(1)), vec![kid(0)]));
    assert!(keys.find(kid(0), over - 1).is_some() && keys.find(kid(0), over).is_none());
}

#[test]
fn a_new_key_is_due_in_time_so_that_no_key_signs_longer_than_its_maximum_age() {
    let keys = ring(&[NOW]);
    let due = NOW + 90 * DAY - LEAD_SECONDS;
    assert!(!keys.wants_new(due - 1) && keys.wants_new(due) && keys.wants_new(due + 900 * DAY));
    // If the new key is created in time, the old one signs for exactly ninety days.
    let keys = ring(&[NOW, due]);
    assert_eq!(keys.signer(NOW + 90 * DAY - 1).unwrap().kid(), kid(0));
    assert_eq!(keys.signer(NOW + 90 * DAY).unwrap().kid(), kid(1));
    // One waiting key is enough. The next is due before it has signed for ninety days.
    assert!(!keys.wants_new(due) && !keys.wants_new(NOW + 180 * DAY - LEAD_SECONDS - 1));
    assert!(keys.wants_new(NOW + 180 * DAY - LEAD_SECONDS));
}

#[test]
fn a_maximum_age_of_zero_days_means_no_rotation() {
    let rotation = Rotation { max_age_days: 0, ..ROTATION };
    let keys = Keyring::of_records(vec![stored(0, NOW)], rotation).unwrap();
    assert!(!keys.wants_new(i64::MAX));
    assert!(Keyring::of_records(Vec::new(), rotation).unwrap().wants_new(NOW));
}

#[test]
fn a_service_without_requests_for_years_rotates_as_usual() {
    let late = NOW + 1000 * DAY;
    let keys = ring(&[NOW, late]);
    assert_eq!(state(&keys, late), (vec![kid(0), kid(1)], kid(0)));
    assert_eq!(state(&keys, late + LEAD_SECONDS), (vec![kid(0), kid(1)], kid(1)));
}

#[test]
fn of_three_keys_one_retires_one_signs_and_one_waits() {
    let (second, third) = (NOW + 90 * DAY, NOW + 90 * DAY + LEAD_SECONDS + ACCESS - 1);
    let keys = ring(&[NOW, second, third]);
    assert_eq!(state(&keys, third), (vec![kid(0), kid(1), kid(2)], kid(1)));
    assert_eq!(state(&keys, third + 1), (vec![kid(1), kid(2)], kid(1)));
    assert_eq!(keys.dead(third + LEAD_SECONDS + ACCESS), [kid(0), kid(1)]);
    // Without the first key, which is deleted, nothing changes for the others.
    let rest = Keyring::of_records(vec![stored(2, third), stored(1, second)], ROTATION).unwrap();
    for now in [third + 1, third + LEAD_SECONDS - 1, third + LEAD_SECONDS, third + LEAD_SECONDS + ACCESS] {
        assert_eq!(state(&rest, now), state(&keys, now));
    }
}

#[test]
fn the_order_of_the_records_does_not_matter_even_within_one_second() {
    let backwards = Keyring::of_records(vec![stored(1, NOW + DAY), stored(0, NOW)], ROTATION).unwrap();
    assert!(backwards.terms().eq(ring(&[NOW, NOW + DAY]).terms()));
    let one = Keyring::of_records(vec![stored(0, NOW), stored(1, NOW)], ROTATION).unwrap();
    let other = Keyring::of_records(vec![stored(1, NOW), stored(0, NOW)], ROTATION).unwrap();
    for now in [NOW, NOW + LEAD_SECONDS, NOW + DAY] {
        assert_eq!(state(&one, now), state(&other, now));
    }
}

#[test]
fn a_record_with_the_name_of_another_key_is_refused() {
    let record = StoredKey { kid: kid(1).to_owned(), ..stored(0, NOW) };
    assert_eq!(Keyring::of_records(vec![record], ROTATION).unwrap_err(), KeyError::Mixed(kid(1).to_owned()));
    let record = StoredKey { der: vec![1, 2, 3].into(), ..stored(0, NOW) };
    assert!(matches!(Keyring::of_records(vec![record], ROTATION), Err(KeyError::Rejected(_))));
}

#[test]
fn the_key_of_the_settings_always_signs_and_is_never_replaced() {
    for key in [rsa(0), secret()] {
        let name = key.kid().to_owned();
        let keys = Keyring::of_setting(key);
        for now in [i64::MIN, 0, NOW, i64::MAX] {
            assert_eq!(state(&keys, now), (vec![name.as_str()], name.as_str()));
            assert!(!keys.wants_new(now) && keys.dead(now).is_empty());
        }
    }
}

#[test]
fn of_several_keys_in_the_settings_the_first_signs_and_the_others_verify() {
    let (new, old) = (secret(), SigningKey::from_secret(&[SECRET, b", an earlier one"].concat()).unwrap());
    let (name, token) = (new.kid().to_owned(), sign(&access(), &old).unwrap());
    let keys = Keyring::of_settings(vec![new, old]);
    assert_eq!(keys.signer(NOW).unwrap().kid(), name);
    assert!(check(&token, &keys, NOW).is_ok());
}

#[test]
fn the_signing_key_has_always_been_published_for_three_hours() {
    let created = [0, 5 * DAY, 5 * DAY + 60, 6 * DAY, 40 * DAY];
    let terms = terms(&created, &ROTATION);
    for now in (-DAY..45 * DAY).step_by(1234) {
        let term = terms[signing(&terms, now).unwrap()];
        assert!(term.published_until.is_none_or(|until| now < until), "{now}");
        assert!(term.created == 0 || now >= term.created + LEAD_SECONDS, "{now}");
    }
}
