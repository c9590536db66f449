use super::*;

const RULES: Rules = Rules { rotate: true, grace_seconds: 10 };
const LIFETIME: i64 = 14 * DAY;

fn client() -> Client {
    Client::new("Phone")
}

fn thief() -> Client {
    Client::new("Thief")
}

fn family() -> Family {
    Family::new([9; 32], NOW, LIFETIME)
}

/// Returns the family after this number of rotations, one second apart, starting at the second `NOW + 1`.
fn rotated(times: u64) -> Family {
    (0..times).fold(family(), |family, counter| {
        match decide(&family, counter, NOW + 1 + counter as i64, RULES, &client()) {
            Decision::Rotate(next) => next,
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn the_newest_token_is_rotated_and_only_the_counter_and_the_time_change() {
    let before = family();
    let after = rotated(1);
    assert_eq!((after.counter, after.rotated_at), (1, NOW + 1));
    assert_eq!((after.started, after.ends), (before.started, before.ends));
    assert_ne!(after.jti(), before.jti());
    // From any client, and however late.
    let Decision::Rotate(next) = decide(&after, 1, NOW + DAY, RULES, &thief()) else { panic!() };
    assert_eq!((next.counter, next.rotated_at), (2, NOW + DAY));
}

#[test]
fn the_previous_token_is_repeated_for_the_same_client_until_the_window_ends() {
    let family = rotated(1);
    for now in [NOW - 100, NOW, NOW + 1, NOW + 2, NOW + 11] {
        assert_eq!(decide(&family, 0, now, RULES, &client()), Decision::Repeat, "{now}");
    }
    for now in [NOW + 12, NOW + DAY, NOW + LIFETIME - 1] {
        assert_eq!(decide(&family, 0, now, RULES, &client()), Decision::End, "{now}");
    }
}

#[test]
fn another_client_is_refused_within_the_window_and_ends_the_family_after_it() {
    let family = rotated(1);
    assert_eq!(decide(&family, 0, NOW + 11, RULES, &thief()), Decision::RefuseSoftly);
    assert_eq!(decide(&family, 0, NOW + 12, RULES, &thief()), Decision::End);
}

#[test]
fn the_client_of_the_last_rotation_counts_and_not_that_of_the_login() {
    let Decision::Rotate(family) = decide(&rotated(1), 1, NOW + 5, RULES, &thief()) else { panic!() };
    assert_eq!(decide(&family, 1, NOW + 6, RULES, &thief()), Decision::Repeat);
    assert_eq!(decide(&family, 1, NOW + 6, RULES, &client()), Decision::RefuseSoftly);
}

#[test]
fn each_token_has_its_own_window_however_many_tokens_followed() {
    // Token 0 was replaced at NOW + 1, token 1 at NOW + 2, token 2 at NOW + 3.
    let family = rotated(3);
    for (old, last) in [(0, NOW + 11), (1, NOW + 12), (2, NOW + 13)] {
        assert_eq!(decide(&family, old, last, RULES, &client()), Decision::Repeat, "{old}");
        assert_eq!(decide(&family, old, last, RULES, &thief()), Decision::RefuseSoftly, "{old}");
        assert_eq!(decide(&family, old, last + 1, RULES, &client()), Decision::End, "{old}");
        assert_eq!(decide(&family, old, last + 1, RULES, &thief()), Decision::End, "{old}");
    }
}

#[test]
fn a_window_allows_a_few_rotations_and_then_the_current_token_is_repeated() {
    let mut family = family();
    for number in 0..MOST_IN_WINDOW as u64 {
        let Decision::Rotate(next) = decide(&family, number, NOW + 1, RULES, &client()) else { panic!("{number}") };
        family = next;
    }
    for presented in 0..=family.counter {
        assert_eq!(decide(&family, presented, NOW + 11, RULES, &client()), Decision::Repeat, "{presented}");
    }
    assert!(serde_json::to_string(&family).unwrap().len() < 320);
    let Decision::Rotate(next) = decide(&family, family.counter, NOW + 12, RULES, &client()) else { panic!() };
    for presented in 0..family.counter {
        assert_eq!(decide(&next, presented, NOW + 12, RULES, &client()), Decision::End, "{presented}");
    }
}

#[test]
fn a_family_of_an_earlier_version_has_the_window_of_its_last_rotation() {
    let mut stored = serde_json::to_value(rotated(3)).unwrap();
    stored.as_object_mut().unwrap().remove("earlier");
    let family = serde_json::from_value::<Family>(stored).unwrap();
    assert_eq!(decide(&family, 2, NOW + 3, RULES, &client()), Decision::Repeat);
    assert_eq!(decide(&family, 1, NOW + 3, RULES, &client()), Decision::End);
}

#[test]
fn without_a_window_any_reuse_ends_the_family() {
    for grace_seconds in [0, -1] {
        let rules = Rules { grace_seconds, ..RULES };
        for now in [NOW, NOW + 1, NOW + 2] {
            assert_eq!(decide(&rotated(1), 0, now, rules, &client()), Decision::End);
        }
        assert!(matches!(decide(&rotated(1), 1, NOW + 1, rules, &client()), Decision::Rotate(_)));
    }
}

#[test]
fn without_rotation_the_token_stays_valid_and_older_ones_are_judged_as_usual() {
    let rules = Rules { rotate: false, ..RULES };
    for now in [NOW, NOW + DAY, NOW + LIFETIME - 1] {
        assert_eq!(decide(&family(), 0, now, rules, &thief()), Decision::Keep);
    }
    assert_eq!(decide(&family(), 0, NOW + LIFETIME, rules, &client()), Decision::Expired);
    assert_eq!(decide(&rotated(1), 0, NOW + 11, rules, &client()), Decision::Repeat);
    assert_eq!(decide(&rotated(1), 0, NOW + 12, rules, &client()), Decision::End);
}

/// ASVS 5.0 10.4.8: an absolute lifetime.
#[test]
fn a_family_ends_at_its_time_whatever_token_is_sent() {
    let family = rotated(2);
    assert!(matches!(decide(&family, 2, NOW + LIFETIME - 1, RULES, &client()), Decision::Rotate(_)));
    for presented in 0..4 {
        assert_eq!(decide(&family, presented, NOW + LIFETIME, RULES, &client()), Decision::Expired);
    }
}

#[test]
fn a_token_with_a_future_number_is_refused_and_the_family_stays_valid() {
    assert_eq!(decide(&rotated(1), 2, NOW + 2, RULES, &client()), Decision::RefuseSoftly);
    assert_eq!(decide(&family(), u64::MAX, NOW + 2, RULES, &client()), Decision::RefuseSoftly);
}

#[test]
fn only_the_family_can_read_the_number_of_its_token() {
    for times in [0, 1, 5] {
        let family = rotated(times);
        assert_eq!(rotated(8).counter_of(&family.jti()), Some(times));
    }
    let other = Family::new([8; 32], NOW, LIFETIME);
    assert_eq!(other.counter_of(&family().jti()), None);
    let jti = family().jti();
    let changed = format!("B{}", &jti[1..]);
    for nonsense in ["", "A", "%%%", &jti[1..], &format!("{jti}AAAA"), &changed, "07070707-0707-4707-8707-070707070707"]
    {
        assert_eq!(family().counter_of(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_family_is_read_back_only_from_its_stored_form() {
    for family in [family(), rotated(3)] {
        let text = serde_json::to_string(&family).unwrap();
        assert_eq!(serde_json::from_str::<Family>(&text).unwrap(), family);
        assert!(text.len() < 260, "{text}");
    }
    for key in ["", "AAAA", "*"] {
        let text = json!({ "counter": 0, "rotated_at": 0, "started": 0, "ends": 0, "key": key });
        assert!(serde_json::from_value::<Family>(text).is_err());
    }
}

#[test]
fn fifty_parallel_refreshes_cause_one_rotation_and_forty_nine_repeats() {
    let mut stored = family();
    let mut names = std::collections::BTreeSet::new();
    for number in 0..50 {
        match decide(&stored, 0, NOW + number / 25, RULES, &client()) {
            Decision::Rotate(next) => stored = next,
            Decision::Repeat => {}
            other => panic!("{other:?}"),
        }
        names.insert(stored.jti());
    }
    assert_eq!((stored.counter, names.len()), (1, 1));
}
