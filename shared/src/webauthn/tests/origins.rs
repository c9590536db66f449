use super::{super::SetupError, *};

const APK: &str = "android:apk-key-hash:Ab-_4xQ8r7vT0y2dJ1kZ5wS9nM3cL6hG0fE8pU4iO7a";

fn everywhere(c: &Ceremonies, a: &mut Authenticator) {
    let known = register(c, a, ALICE, true).unwrap();
    let known = use_key(c, a, ALICE, &[known]).unwrap();
    log_in(c, a, &[known]).unwrap();
}

#[test]
fn a_native_application_needs_its_exact_origin() {
    let c = Ceremonies::new(&Policy { origins: vec![ORIGIN.into(), APK.into()], ..policy() }).unwrap();
    everywhere(&c, &mut Authenticator::new(1, APK, RP_ID));
    everywhere(&c, &mut Authenticator::new(2, ORIGIN, RP_ID));
    // The hash is case-sensitive, and a prefix does not match.
    for other in [APK.to_ascii_lowercase(), APK[..APK.len() - 1].to_owned(), format!("{APK}A")] {
        let mut a = Authenticator::new(3, &other, RP_ID);
        assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::Origin);
    }
    // A policy with only a native application is valid.
    let c = Ceremonies::new(&Policy { origins: vec![APK.into()], ..policy() }).unwrap();
    everywhere(&c, &mut Authenticator::new(4, APK, RP_ID));
}

#[test]
fn insecure_origins_are_allowed_at_any_port_if_configured() {
    let local = Policy { rp_id: "localhost".into(), origins: vec![], allow_insecure_origin: true, ..policy() };
    let c = Ceremonies::new(&local).unwrap();
    for origin in ["http://localhost", "http://localhost:8000", "https://localhost:1", "http://a.localhost:65535"] {
        everywhere(&c, &mut Authenticator::new(1, origin, "localhost"));
    }
    // As in the reference, this setting allows any origin.
    for origin in ["http://127.0.0.1:8000", "http://elsewhere.example", APK] {
        everywhere(&c, &mut Authenticator::new(1, origin, "localhost"));
    }
    let mut a = Authenticator::new(1, "http://localhost", "elsewhere");
    assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::RelyingParty);
}

#[test]
fn a_listed_local_origin_is_not_insecure() {
    let origins = vec!["http://localhost:8000".into()];
    let c = Ceremonies::new(&Policy { rp_id: "localhost".into(), origins, ..policy() }).unwrap();
    everywhere(&c, &mut Authenticator::new(1, "http://localhost:8000", "localhost"));
    let mut a = Authenticator::new(1, "http://localhost:8001", "localhost");
    assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::Origin);
}

#[test]
fn an_ip_address_can_be_the_relying_party() {
    let local = Policy { rp_id: "127.0.0.1".into(), origins: vec![], allow_insecure_origin: true, ..policy() };
    let c = Ceremonies::new(&local).unwrap();
    everywhere(&c, &mut Authenticator::new(1, "http://127.0.0.1:9000", "127.0.0.1"));
}

#[test]
fn mistakes_in_the_policy_are_reported() {
    let with = |origin: &str| Ceremonies::new(&Policy { origins: vec![origin.into()], ..policy() }).map(|_| ());
    for origin in ["https://example.com", "https://example.com/", "https://a.b.example.com:8443", APK] {
        assert_eq!(with(origin), Ok(()), "{origin}");
    }
    for origin in [
        "",
        "example.com",
        "https://",
        "https://example.com/path",
        "https://example.com/?q",
        "https://u@example.com",
        "wss://example.com",
        "android:apk-key-hash:",
        "android:apk-key-hash:a b",
        "android:other",
    ] {
        assert_eq!(with(origin), Err(SetupError::Origin(origin.into())), "{origin}");
    }
    assert_eq!(with("http://example.com"), Err(SetupError::Insecure("http://example.com".into())));
    let none = Ceremonies::new(&Policy { origins: vec![], ..policy() });
    assert_eq!(none.map(|_| ()), Err(SetupError::NoOrigin));
    for rp_id in ["", "https://example.com", "example.com:443", "Example.com", "example.com/", "a b", "u@example.com"] {
        let result = Ceremonies::new(&Policy { rp_id: rp_id.into(), ..policy() });
        assert_eq!(result.map(|_| ()), Err(SetupError::RpId(rp_id.into())));
    }
}

#[test]
fn origins_on_other_domains_are_accepted_if_they_are_listed() {
    let origins = vec![ORIGIN.into(), "https://example.org:8443".into(), APK.into()];
    let listed = Policy { origins, ..policy() };
    assert_eq!(listed.related_origins(), [ORIGIN, "https://example.org:8443"]);
    let c = Ceremonies::new(&listed).unwrap();
    everywhere(&c, &mut Authenticator::new(1, "https://example.org:8443", RP_ID));
    for origin in ["https://example.org", "https://a.example.org:8443", "http://example.org:8443"] {
        let mut a = Authenticator::new(2, origin, RP_ID);
        assert_eq!(refusal(register(&c, &mut a, ALICE, true)), VerificationError::Origin, "{origin}");
    }
}

#[test]
fn there_are_no_related_origins_if_all_are_at_or_below_the_relying_party_id() {
    let origins = vec!["https://example.com".into(), "https://a.example.com:8443".into(), APK.into()];
    let own = Policy { origins, ..policy() };
    assert_eq!(own.related_origins(), [""; 0]);
    for (origin, is_own) in [(ORIGIN, true), ("https://badexample.com", false), ("https://com", false), (APK, false)] {
        assert_eq!(Policy::allows(RP_ID, origin), is_own, "{origin}");
    }
}
