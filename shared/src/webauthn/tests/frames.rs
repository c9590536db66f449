//! Tests of pages in frames of other sites.

use super::{super::SetupError, *};

const SHOP: &str = "https://shop.example.org";

/// Returns the results of registration, second factor and login with an authenticator on this page.
fn all(c: &Ceremonies, change: impl Fn(&mut Authenticator)) -> [Result<Credential, CeremonyError>; 3] {
    let mut a = device(1);
    let own = [register(c, &mut a, ALICE, true).unwrap()];
    change(&mut a);
    [register(c, &mut a, ALICE, true), use_key(c, &mut a, ALICE, &own), log_in(c, &mut a, &own)]
}

fn refused(c: &Ceremonies, change: impl Fn(&mut Authenticator)) {
    for result in all(c, change) {
        assert_eq!(refusal(result), VerificationError::Frame);
    }
}

fn embeddable() -> Ceremonies {
    Ceremonies::new(&Policy { top_origins: vec![SHOP.into()], ..policy() }).unwrap()
}

#[test]
fn frames_of_other_sites_are_refused_in_all_ceremonies() {
    let c = ceremonies();
    refused(&c, |a| a.cross_origin = true);
    refused(&c, |a| (a.cross_origin, a.top_origin) = (true, Some(SHOP.into())));
    refused(&c, |a| a.top_origin = Some(SHOP.into()));
    // Even a frame of our own origin is refused unless it is listed.
    refused(&c, |a| (a.cross_origin, a.top_origin) = (true, Some(ORIGIN.into())));
}

#[test]
fn only_a_listed_site_can_embed_the_pages() {
    let c = embeddable();
    for result in all(&c, |a| (a.cross_origin, a.top_origin) = (true, Some(SHOP.into()))) {
        result.unwrap();
    }
    for result in all(&c, |a| a.cross_origin = false) {
        result.unwrap();
    }
    refused(&c, |a| a.cross_origin = true);
    for top in
        ["https://shop.example.org.evil.example", "https://shop.example.org:444", "http://shop.example.org", "null", ""]
    {
        refused(&c, |a| (a.cross_origin, a.top_origin) = (true, Some(top.into())));
    }
}

#[test]
fn an_embedding_site_is_not_an_origin_of_credentials() {
    for result in all(&embeddable(), |a| a.origin = SHOP.into()) {
        assert_eq!(refusal(result), VerificationError::Origin);
    }
}

#[test]
fn keys_of_other_algorithms_are_refused_in_frames_too() {
    let (c, mut a) = (ceremonies(), device(1).of_algorithm(-8));
    let own = [register(&c, &mut a, ALICE, true).unwrap()];
    a.cross_origin = true;
    assert_eq!(refusal(log_in(&c, &mut a, &own)), VerificationError::Frame);
    assert_eq!(refusal(use_key(&c, &mut a, ALICE, &own)), VerificationError::Frame);
    assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::Frame);
}

#[test]
fn a_top_origin_must_be_a_secure_site() {
    for origin in ["shop.example.org", "https://shop.example.org/path", "android:apk-key-hash:AAAA"] {
        let result = Ceremonies::new(&Policy { top_origins: vec![origin.into()], ..policy() });
        assert_eq!(result.map(|_| ()), Err(SetupError::Origin(origin.into())));
    }
    let result = Ceremonies::new(&Policy { top_origins: vec!["http://shop.example.org".into()], ..policy() });
    assert_eq!(result.map(|_| ()), Err(SetupError::Insecure("http://shop.example.org".into())));
}
