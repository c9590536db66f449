//! Keys derived from `SECRET_KEY`, one for each purpose (RFC 5869).

use super::{decode, encode};
use crate::random::{RandomSource, random_bytes};
use crate::settings::ServiceSettings;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const MAC_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;

/// The service's secret key, and earlier ones that still decrypt and verify.
pub struct Keys {
    current: Zeroizing<Vec<u8>>,
    fallbacks: Vec<Zeroizing<Vec<u8>>>,
}

impl Keys {
    /// Creates the keys from `SECRET_KEY` and `SECRET_KEY_FALLBACKS`.
    pub fn new(settings: &ServiceSettings) -> Self {
        let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        Self {
            current: copy(settings.secret_key.bytes()),
            fallbacks: settings.secret_key_fallbacks.iter().map(|key| copy(key.bytes())).collect(),
        }
    }

    /// Returns a keyed digest of the parts, as text. Use it for values that are short enough to be guessed (ASVS 5.0
    /// 6.5.2), and for keys of the table that must not reveal their content.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> String {
        encode(&mac(&self.current, purpose, parts))
    }

    /// Returns the digests of the parts with the current key and then with each earlier key.
    pub fn digests(&self, purpose: &str, parts: &[&[u8]]) -> Vec<String> {
        self.all().map(|key| encode(&mac(key, purpose, parts))).collect()
    }

    /// Returns whether `digest` is the digest of these parts, with the current key or an earlier one.
    pub fn is_digest(&self, digest: &str, purpose: &str, parts: &[&[u8]]) -> bool {
        let Some(given) = decode(digest) else { return false };
        self.all().any(|key| super::same(&given, &mac(key, purpose, parts)))
    }

    /// Returns the keys for this purpose: the one derived from the current secret, then those derived from earlier
    /// ones.
    pub fn derived(&self, purpose: &str) -> impl Iterator<Item = Zeroizing<[u8; 32]>> {
        self.all().map(move |secret| derive(secret, purpose))
    }

    /// Returns a text with the readable `payload` and a proof that the service wrote it.
    pub fn sign(&self, purpose: &str, payload: &[u8]) -> String {
        encode(&[payload, &mac(&self.current, purpose, &[payload])].concat())
    }

    /// Returns the payload of a text that [`Keys::sign`] wrote for this purpose.
    pub fn verify(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = decode(text)?;
        let (payload, given) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LENGTH)?)?;
        let ours = self.all().any(|key| super::same(given, &mac(key, purpose, &[payload])));
        ours.then(|| payload.to_vec())
    }

    /// Encrypts a value that readers of the table must not see. The same `context` is needed to decrypt it.
    pub fn seal(&self, purpose: &str, context: &[u8], plain: &[u8], random: &dyn RandomSource) -> Option<String> {
        let nonce: [u8; NONCE_LENGTH] = random_bytes(random);
        let payload = Payload { msg: plain, aad: context };
        let sealed = cipher(&self.current, purpose).encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(encode(&[&nonce[..], &sealed].concat()))
    }

    /// Decrypts a value of [`Keys::seal`], with the current key or an earlier one.
    pub fn open(&self, purpose: &str, context: &[u8], sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = decode(sealed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LENGTH)?;
        let nonce = XNonce::from(<[u8; NONCE_LENGTH]>::try_from(nonce).ok()?);
        let open =
            |key: &Zeroizing<Vec<u8>>| cipher(key, purpose).decrypt(&nonce, Payload { msg: sealed, aad: context }).ok();
        self.all().find_map(open).map(Zeroizing::new)
    }

    fn all(&self) -> impl Iterator<Item = &Zeroizing<Vec<u8>>> {
        std::iter::once(&self.current).chain(&self.fallbacks)
    }
}

fn derive(secret: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Hkdf::<Sha256>::new(None, secret)
        .expand(purpose.as_bytes(), &mut *key)
        .expect("32 bytes are within what HKDF gives");
    key
}

fn mac(secret: &[u8], purpose: &str, parts: &[&[u8]]) -> [u8; MAC_LENGTH] {
    let key = derive(secret, purpose);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*key).expect("HMAC takes a key of any length");
    for part in parts {
        // The length comes first, so that different lists of parts have different digests.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn cipher(secret: &[u8], purpose: &str) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*derive(secret, purpose)))
}

#[cfg(test)]
impl Keys {
    /// Returns keys for tests. Each consists of this byte, 32 times.
    pub(crate) fn of_bytes(current: u8, fallbacks: &[u8]) -> Self {
        let key = |byte: u8| Zeroizing::new(vec![byte; 32]);
        Self { current: key(current), fallbacks: fallbacks.iter().copied().map(key).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use proptest::prelude::*;

    fn keys(current: u8, fallbacks: &[u8]) -> Keys {
        Keys::of_bytes(current, fallbacks)
    }

    #[test]
    fn values_of_an_earlier_key_can_be_decrypted_and_verified() {
        let (old, new, other) = (keys(1, &[]), keys(2, &[1]), keys(2, &[]));
        let sealed = old.seal("outbox", b"id", b"code", &SystemRandom).unwrap();
        assert_eq!(new.open("outbox", b"id", &sealed).unwrap().as_slice(), b"code");
        assert!(other.open("outbox", b"id", &sealed).is_none());
        assert!(new.open("outbox", b"another id", &sealed).is_none());
        assert!(new.open("tickets", b"id", &sealed).is_none());
        let signed = old.sign("email", b"payload");
        assert_eq!(new.verify("email", &signed).unwrap(), b"payload");
        assert!(other.verify("email", &signed).is_none() && new.verify("reset", &signed).is_none());
        let digest = old.digest("code", &[b"a", b"b"]);
        assert!(new.is_digest(&digest, "code", &[b"a", b"b"]) && !new.is_digest(&digest, "code", &[b"ab"]));
        let digests = new.digests("code", &[b"a", b"b"]);
        assert_eq!(digests, [new.digest("code", &[b"a", b"b"]), digest]);
    }

    #[test]
    fn each_purpose_has_its_own_keys_with_the_current_one_first() {
        let derived = |keys: &Keys, purpose: &str| keys.derived(purpose).collect::<Vec<_>>();
        let (old, new) = (keys(1, &[]), keys(2, &[1]));
        assert_eq!(derived(&new, "a"), [derived(&keys(2, &[]), "a"), derived(&old, "a")].concat());
        assert_ne!(derived(&new, "a"), derived(&new, "b"));
    }

    #[test]
    fn any_changed_letter_is_detected() {
        let keys = keys(1, &[]);
        let signed = keys.sign("email", b"0123456789abcdef");
        for at in 0..signed.len() {
            let mut letters = signed.clone().into_bytes();
            letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(letters).unwrap();
            assert!(keys.verify("email", &changed).is_none(), "{at}");
        }
        for nonsense in ["", "A", "!!!!", "bad"] {
            assert!(keys.verify("email", nonsense).is_none());
            assert!(keys.open("email", b"", nonsense).is_none());
        }
    }

    proptest! {
        #[test]
        fn what_was_closed_opens_and_what_was_changed_does_not(
            plain: Vec<u8>,
            context: Vec<u8>,
            (at, letter) in (any::<prop::sample::Index>(), "[A-Za-z0-9_-]"),
        ) {
            let keys = keys(1, &[]);
            let sealed = keys.seal("outbox", &context, &plain, &SystemRandom).unwrap();
            let opened = keys.open("outbox", &context, &sealed).unwrap();
            prop_assert_eq!(&*opened, &plain);
            let signed = keys.sign("email", &plain);
            prop_assert_eq!(keys.verify("email", &signed), Some(plain));
            for (text, is_sealed) in [(&sealed, true), (&signed, false)] {
                let at = at.index(text.len());
                let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                let opened = if is_sealed { keys.open("outbox", &context, &changed).is_some() } else { keys.verify("email", &changed).is_some() };
                prop_assert_eq!(opened, changed == *text, "{}", changed);
            }
        }

        #[test]
        fn no_other_text_opens(text in "\\PC{0,120}", bytes: Vec<u8>) {
            let keys = keys(1, &[]);
            for text in [text, encode(&bytes)] {
                prop_assert_eq!(keys.verify("email", &text), None);
                prop_assert!(keys.open("email", b"", &text).is_none());
                prop_assert!(!keys.is_digest(&text, "email", &[b"a"]));
            }
        }

        #[test]
        fn lists_of_parts_that_differ_have_digests_that_differ(one: Vec<Vec<u8>>, other: Vec<Vec<u8>>) {
            let digest = |parts: &[Vec<u8>]| keys(1, &[]).digest("a", &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(digest(&one) == digest(&other), one == other);
        }
    }
}
