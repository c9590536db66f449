//! Email addresses: which addresses the service accepts, and when two of them are the same mailbox.
//!
//! All APIs and the mailer share these rules, so mail can be sent to every address that is used for a signup.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Most characters of an address: the limit of SMTP (RFC 5321, section 4.5.3.1.3) and of the database column of
/// django-allauth.
pub const MOST_EMAIL_CHARACTERS: usize = 254;

/// Returns whether the text is one email address and nothing else (CVE-2022-35924).
///
/// It accepts the addresses of Django's `EmailValidator` that mail can be sent to: a local part of plain ASCII without
/// quotes, and a domain name that IDNA can write in ASCII. It refuses an IP address in place of the domain.
pub fn is_email(text: &str) -> bool {
    deliverable_email(text).is_some()
}

/// Returns the address in the form that mail servers accept, with its domain in ASCII; `None` if [`is_email`] refuses
/// it.
pub fn deliverable_email(text: &str) -> Option<String> {
    check_email(text).ok()
}

/// The reason why a text is not accepted as an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailFault {
    /// It is not an email address.
    Invalid,
    /// It has more than [`MOST_EMAIL_CHARACTERS`], as typed or with its domain in ASCII.
    TooLong,
}

/// Returns the address in the form that mail servers accept, with its domain in ASCII.
///
/// # Errors
/// Why the address is not accepted.
pub fn check_email(text: &str) -> Result<String, EmailFault> {
    /// Django does not accept longer texts (RFC 3696, section 3).
    const LONGEST: usize = 320;
    let length = text.chars().count();
    let (local, domain) = text.rsplit_once('@').filter(|_| length <= LONGEST).ok_or(EmailFault::Invalid)?;
    let ascii = ascii_domain(domain).ok_or(EmailFault::Invalid)?;
    if !is_dot_atom(local) || !is_public_name(&ascii) {
        return Err(EmailFault::Invalid);
    }
    let domain = if domain.is_ascii() { domain } else { &ascii };
    let whole = format!("{local}@{domain}");
    let fits = length <= MOST_EMAIL_CHARACTERS && whole.len() <= MOST_EMAIL_CHARACTERS;
    if fits { Ok(whole) } else { Err(EmailFault::TooLong) }
}

/// Returns the address in the form that is stored and shown: as typed, in lower case.
pub fn lower_email(text: &str) -> String {
    // Converts each character separately, as IDNA does. `str::to_lowercase` treats a sigma at the end of a word
    // differently.
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The canonical form of an address: two addresses with the same key are one mailbox.
///
/// It is in lower case, with the domain in ASCII (IDNA, UTS #46). Claims in the table, rate limits and all comparisons
/// use the key. Mail and user interfaces use the address as typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    /// Returns the key of an address. The key of any other text is the text in lower case.
    pub fn of(email: &str) -> Self {
        let lower = lower_email(email);
        if lower.is_ascii() && !lower.contains("xn--") {
            return Self(lower);
        }
        let canonical = lower.rsplit_once('@').and_then(|(local, domain)| Some((local, ascii_domain(domain)?)));
        Self(canonical.map_or_else(|| lower.clone(), |(local, domain)| format!("{local}@{domain}")))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the other texts under which earlier versions stored this address: the typed text in lower case, and the
    /// address with its domain in Unicode. Empty for a domain of plain ASCII.
    pub(super) fn former(&self, email: &str) -> Vec<String> {
        let in_unicode = || {
            let (local, domain) = self.0.rsplit_once('@').filter(|(_, domain)| domain.contains("xn--"))?;
            let (domain, valid) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
            valid.ok().map(|()| format!("{local}@{domain}"))
        };
        let mut former = Vec::new();
        for text in [Some(email.to_lowercase()), in_unicode()].into_iter().flatten() {
            if text != self.0 && !former.contains(&text) {
                former.push(text);
            }
        }
        former
    }
}

/// Returns whether two addresses are the same mailbox.
pub fn is_same_email(one: &str, other: &str) -> bool {
    one == other || EmailKey::of(one) == EmailKey::of(other)
}

fn is_dot_atom(local: &str) -> bool {
    let in_atom = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(in_atom))
}

/// Returns the domain name in ASCII and lower case; `None` if it is not a domain name.
fn ascii_domain(domain: &str) -> Option<String> {
    let ascii =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    ascii.ok().map(std::borrow::Cow::into_owned)
}

/// Returns whether a domain name has at least two labels, and its last label has at least two characters and is not a
/// number. Django requires the same. `localhost` is accepted, too.
fn is_public_name(domain: &str) -> bool {
    let is_top = |label: &str| label.len() >= 2 && label.bytes().any(|byte| !byte.is_ascii_digit());
    domain == "localhost" || domain.rsplit_once('.').is_some_and(|(_, last)| is_top(last))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Addresses that are accepted, each with the form in which mail is sent to it.
    pub(crate) const GOOD: &[(&str, &str)] = &[
        ("a@example.com", "a@example.com"),
        ("first.last+tag@sub.example.co", "first.last+tag@sub.example.co"),
        ("ada+x.y@mail.example.com", "ada+x.y@mail.example.com"),
        ("o'neil/x=y@EXAMPLE.com", "o'neil/x=y@EXAMPLE.com"),
        ("a@localhost", "a@localhost"),
        ("a@müller.example", "a@xn--mller-kva.example"),
        ("a@MÜLLER.example", "a@xn--mller-kva.example"),
        ("a@mu\u{308}ller.example", "a@xn--mller-kva.example"),
        ("a@xn--mller-kva.example", "a@xn--mller-kva.example"),
        ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
        ("a@example。com", "a@example.com"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
    ];

    /// Texts that are not accepted: they are not addresses, or mail cannot be sent to them.
    pub(crate) const BAD: &[&str] = &[
        "",
        "a",
        "a@b",
        "@example.com",
        "ada@",
        "a@@b.com",
        "a@b@example.com",
        "a b@c.com",
        " a@example.com",
        "a@example.com\n",
        "a@example.com\u{a0}",
        "a@exa mple.com",
        "a\u{0}@example.com",
        "a@example.com\0",
        "a@.com",
        "a@example..com",
        "a@example.com.",
        "a@-example.com",
        "a@example-.com",
        "a@example.c",
        "a@1.2.3.4",
        "a@\u{ff11}.1.1.1",
        "a@exam_ple.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@c.com",
        "ä@example.com",
        "a@example.com,b@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "a@example.com b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "<a@example.com>",
        "Ada <a@example.com>",
        "group:a@example.com;",
        "a(b@example.com)@example.com",
        // Django accepts these addresses, but mail cannot be sent to them.
        "\"quoted\"@example.com",
        "\"a,b\"@example.com",
        "a@[127.0.0.1]",
        "a@[::1]",
        "a@[nonsense]",
        "a@b\u{2024}com.de",
        "a@exämple.com,b.com",
        "a@ex\u{ff0c}ample.com",
        "a@ex\u{ff20}ample.com",
        "a@xn--\u{fc}.example",
        "a@xn--a.example",
        "a@ex\u{200b}ample\u{0}.com",
    ];

    #[test]
    fn only_addresses_that_mail_can_be_sent_to_are_accepted() {
        for (good, delivered) in GOOD {
            assert_eq!(deliverable_email(good).as_deref(), Some(*delivered), "{good}");
        }
        for bad in BAD {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn an_address_has_at_most_254_characters() {
        let long = |length: usize| format!("{}@example.com", "x".repeat(length - "@example.com".len()));
        assert!(is_email(&long(254)));
        for (length, fault) in [
            (255, EmailFault::TooLong),
            (320, EmailFault::TooLong),
            (321, EmailFault::Invalid),
            (5_000, EmailFault::Invalid),
        ] {
            assert_eq!(check_email(&long(length)), Err(fault), "{length}");
        }
        let longer_in_ascii = format!("{}@{}.example", "x".repeat(200), "ü".repeat(40));
        assert!(longer_in_ascii.chars().count() <= 254 && !is_email(&longer_in_ascii));
    }

    #[test]
    fn one_mailbox_has_one_key() {
        let spellings = [
            "Ada@müller.example",
            "ada@MÜLLER.example",
            "ada@mu\u{308}ller.example",
            "ada@xn--mller-kva.example",
            "ADA@XN--MLLER-KVA.example",
            "ada@ｍüller.example",
            "ada@müller。example",
        ];
        for spelling in spellings {
            assert_eq!(EmailKey::of(spelling).as_str(), "ada@xn--mller-kva.example", "{spelling}");
            assert_eq!(EmailKey::of(&lower_email(spelling)), EmailKey::of(spelling), "{spelling}");
        }
        assert!(is_same_email("a@ΣΑΣ.gr", &lower_email("a@ΣΑΣ.gr")));
        assert_eq!(EmailKey::of("Ada@Example.com").as_str(), "ada@example.com");
        assert_eq!(EmailKey::of("\"Q\"@[127.0.0.1]").as_str(), "\"q\"@[127.0.0.1]");
        assert!(!is_same_email("a@muller.example", "a@müller.example"));
    }

    #[test]
    fn only_addresses_with_international_domains_had_other_keys() {
        let former = |email: &str| EmailKey::of(email).former(email);
        assert!(former("ada@example.com").is_empty() && former("Ada@Example.com").is_empty());
        assert_eq!(former("ada@müller.example"), ["ada@müller.example"]);
        assert_eq!(former("ada@xn--mller-kva.example"), ["ada@müller.example"]);
        assert_eq!(former("ada@mu\u{308}ller.example"), ["ada@mu\u{308}ller.example", "ada@müller.example"]);
        assert_eq!(former("ada@ｅxample.com"), ["ada@ｅxample.com"]);
    }

    /// Texts that resemble addresses, and addresses.
    fn address() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9.+_'-]{1,12}@[a-zA-Z0-9-]{1,12}(\\.[a-zA-Z0-9-]{2,8}){1,3}",
            "[a-z]{1,8}@(xn--)?[a-z\u{e0}-\u{17f}\u{3b1}-\u{3c9}\u{ff21}-\u{ff5a}\u{304b}-\u{3053}]{1,12}[.\u{3002}][a-z]{2,8}",
            "\\PC{0,20}@\\PC{0,20}",
            "\\PC{0,40}",
            prop::sample::select(GOOD).prop_map(|(good, _)| good.to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_same(email in address()) {
            let key = EmailKey::of(&email);
            prop_assert_eq!(EmailKey::of(key.as_str()), key.clone());
            prop_assert_eq!(EmailKey::of(&lower_email(&email)), key);
        }

        #[test]
        fn a_deliverable_address_is_short_and_the_same_mailbox(email in address()) {
            if let Some(delivered) = deliverable_email(&email) {
                prop_assert!(delivered.is_ascii() && delivered.len() <= MOST_EMAIL_CHARACTERS, "{}", delivered);
                prop_assert_eq!(deliverable_email(&delivered), Some(delivered.clone()));
                prop_assert!(is_same_email(&delivered, &email), "{}", delivered);
                prop_assert!(is_email(&lower_email(&email)) && is_email(EmailKey::of(&email).as_str()), "{}", email);
            }
        }
    }
}
