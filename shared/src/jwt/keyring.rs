//! The keys that are known now.

use super::schedule::{self, Rotation, Term};
use super::{Algorithm, KeyError, SigningKey};
use zeroize::Zeroizing;

/// A key as the table has it, opened.
#[derive(Clone)]
pub struct StoredKey {
    /// Its name: the thumbprint.
    pub kid: String,
    /// When it was made, in seconds since the epoch.
    pub created: i64,
    /// The private key: PKCS#8, DER.
    pub der: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("kid", &self.kid).field("created", &self.created).finish_non_exhaustive()
    }
}

/// The keys known now: those of the settings, or those of the table, each with its dates.
///
/// A ring may be held for a while, but for less than [`super::LEAD_SECONDS`]: then no key signs that a holder has not
/// heard of.
#[derive(Debug)]
pub struct Keyring {
    /// In the order of their making.
    keys: Vec<SigningKey>,
    terms: Vec<Term>,
    /// None for keys of the settings, which only their owner replaces.
    rotation: Option<Rotation>,
}

impl Keyring {
    /// The ring of the one key that the settings give: it signs always and is published always.
    pub fn of_setting(key: SigningKey) -> Self {
        Self::of_settings(vec![key])
    }

    /// The ring of keys that come from settings, of which the first signs. The others verify what they once signed.
    pub fn of_settings(mut keys: Vec<SigningKey>) -> Self {
        keys.reverse();
        let term = Term { created: i64::MIN, signs_from: i64::MIN, published_until: None };
        Self { terms: vec![term; keys.len()], keys, rotation: None }
    }

    /// The ring of the table's keys, in any order; of none at first.
    ///
    /// # Errors
    /// [`KeyError::Rejected`] or [`KeyError::Mixed`] where a record is not what it says. The caller may leave that
    /// record out and try again.
    pub fn of_records(mut records: Vec<StoredKey>, rotation: Rotation) -> Result<Self, KeyError> {
        records.sort_by(|a, b| (a.created, &a.kid).cmp(&(b.created, &b.kid)));
        let mut keys = Vec::with_capacity(records.len());
        for record in &records {
            let key = SigningKey::from_pkcs8(&record.der)?;
            if key.kid() != record.kid {
                return Err(KeyError::Mixed(record.kid.clone()));
            }
            keys.push(key);
        }
        let created = records.iter().map(|record| record.created).collect::<Vec<_>>();
        Ok(Self { keys, terms: schedule::terms(&created, &rotation), rotation: Some(rotation) })
    }

    /// The key that signs at this moment; none where there are no keys yet.
    pub fn signer(&self, at: i64) -> Option<&SigningKey> {
        schedule::signing(&self.terms, at).map(|place| &self.keys[place])
    }

    /// The key of this name, unless its time is over.
    pub fn find(&self, kid: &str, now: i64) -> Option<&SigningKey> {
        self.published(now).find(|key| key.kid() == kid)
    }

    /// The keys that others have to know at this moment, in the order of their making: those that may have signed a
    /// token that lives, and the one that will sign next.
    pub fn published(&self, now: i64) -> impl Iterator<Item = &SigningKey> {
        self.all().filter(move |(_, term)| !is_expired(term, now)).map(|(key, _)| key)
    }

    /// Whether a new key has to be made and stored now. Many may find so at once: the table lets one of them have it.
    pub fn wants_new(&self, now: i64) -> bool {
        self.rotation.is_some_and(|rotation| rotation.wants_new(self.terms.last(), now))
    }

    /// The names of the keys that can be deleted: no token of theirs lives.
    pub fn dead(&self, now: i64) -> Vec<&str> {
        self.all().filter(|(_, term)| is_expired(term, now)).map(|(key, _)| key.kid()).collect()
    }

    /// The names of all keys, and their dates, in the order of their making.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Term)> {
        self.all().map(|(key, term)| (key.kid(), term))
    }

    /// How the keys sign: all do alike.
    pub fn algorithm(&self) -> Algorithm {
        self.keys.first().map_or(Algorithm::Rs256, SigningKey::algorithm)
    }

    fn all(&self) -> impl Iterator<Item = (&SigningKey, &Term)> {
        self.keys.iter().zip(&self.terms)
    }
}

fn is_expired(term: &Term, now: i64) -> bool {
    term.published_until.is_some_and(|until| now >= until)
}
