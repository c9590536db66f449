//! The set of current keys.

use super::schedule::{self, Rotation, Term};
use super::{Algorithm, KeyError, SigningKey};
use zeroize::Zeroizing;

/// A key of the table, decrypted.
#[derive(Clone)]
pub struct StoredKey {
    /// The name: the thumbprint.
    pub kid: String,
    /// The time when it was created, in seconds since the epoch.
    pub created: i64,
    /// The private key: PKCS#8, DER.
    pub der: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("kid", &self.kid).field("created", &self.created).finish_non_exhaustive()
    }
}

/// The current keys, from the settings or from the table, each with its dates.
///
/// A holder can cache a ring for less than [`super::LEAD_SECONDS`]. Then every key that signs is known to all holders.
#[derive(Debug)]
pub struct Keyring {
    /// In the order of creation.
    keys: Vec<SigningKey>,
    terms: Vec<Term>,
    /// `None` for keys of the settings, which the operator replaces.
    rotation: Option<Rotation>,
}

impl Keyring {
    /// Creates the ring of the only key in the settings. This key always signs and is always published.
    pub fn of_setting(key: SigningKey) -> Self {
        Self::of_settings(vec![key])
    }

    /// Creates the ring of keys from the settings. The first key signs. The others verify tokens that they signed
    /// earlier.
    pub fn of_settings(mut keys: Vec<SigningKey>) -> Self {
        keys.reverse();
        let term = Term { created: i64::MIN, signs_from: i64::MIN, published_until: None };
        Self { terms: vec![term; keys.len()], keys, rotation: None }
    }

    /// Creates the ring of the table's keys, in any order. Initially, the table has none.
    ///
    /// # Errors
    /// [`KeyError::Rejected`] or [`KeyError::Mixed`] if a record is invalid. The caller can omit that record and try
    /// again.
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

    /// Returns the key that signs at this time, or `None` if there are no keys yet.
    pub fn signer(&self, at: i64) -> Option<&SigningKey> {
        schedule::signing(&self.terms, at).map(|place| &self.keys[place])
    }

    /// Returns the key with this name, unless it has expired.
    pub fn find(&self, kid: &str, now: i64) -> Option<&SigningKey> {
        self.published(now).find(|key| key.kid() == kid)
    }

    /// Returns the keys that other services must know at this time, in the order of creation: those whose tokens may
    /// still be valid, and the key that signs next.
    pub fn published(&self, now: i64) -> impl Iterator<Item = &SigningKey> {
        self.all().filter(move |(_, term)| !is_expired(term, now)).map(|(key, _)| key)
    }

    /// Returns whether a new key must be created and stored now. Several callers can get `true` at once. The table
    /// accepts only one new key.
    pub fn wants_new(&self, now: i64) -> bool {
        self.rotation.is_some_and(|rotation| rotation.wants_new(self.terms.last(), now))
    }

    /// Returns the names of the keys that can be deleted, because all their tokens have expired.
    pub fn dead(&self, now: i64) -> Vec<&str> {
        self.all().filter(|(_, term)| is_expired(term, now)).map(|(key, _)| key.kid()).collect()
    }

    /// Returns the names and dates of all keys, in the order of creation.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Term)> {
        self.all().map(|(key, term)| (key.kid(), term))
    }

    /// Returns the algorithm, which is the same for all keys.
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
