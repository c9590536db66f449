//! The signing keys of the table, for operators: listing them, and creating a new one before the schedule does.

use super::{KEYS, KeyRecord, MOST_KEYS, keys_of_settings, make, rotation};
use crate::app::App;
use crate::clock::Timestamp;
use crate::jwt::{Term, signing, terms};
use crate::store::{Again, Decision, StoreError};

/// The use of a key at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The key is published and will sign later.
    Next,
    /// The key signs.
    Signs,
    /// The key no longer signs. Tokens that it has signed can still be valid.
    Verifies,
    /// All tokens that it has signed have expired.
    Over,
}

/// A key of the table. It stays encrypted, so listing keys requires no secret key.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// Its name in tokens and in the key set.
    pub kid: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it starts to sign.
    pub signs_from: Timestamp,
    /// When it stops being published. `None` for the newest key.
    pub published_until: Option<Timestamp>,
    /// Its use at this moment.
    pub used_for: Use,
}

/// Returns whether the settings contain the key that signs. Then the keys of the table are not used.
pub fn has_own_key(app: &App) -> bool {
    keys_of_settings(app).is_some()
}

/// Lists the keys of the table, the newest first.
///
/// # Errors
/// The table is unavailable.
pub async fn list(app: &App) -> Result<Vec<KnownKey>, StoreError> {
    let mut records = records(app).await?;
    // The same order as in a keyring.
    records.sort_by(|a, b| (a.created, &a.kid).cmp(&(b.created, &b.kid)));
    let created = records.iter().map(|record| record.created).collect::<Vec<_>>();
    let terms = terms(&created, &rotation(&app.settings));
    let now = app.now().seconds();
    let signs = signing(&terms, now).unwrap_or(0);
    let used_for = |place: usize, term: &Term| {
        if place >= signs {
            return if place == signs { Use::Signs } else { Use::Next };
        }
        if term.published_until.is_some_and(|until| now >= until) { Use::Over } else { Use::Verifies }
    };
    let known = |(place, (record, term)): (usize, (KeyRecord, &Term))| KnownKey {
        used_for: used_for(place, term),
        kid: record.kid,
        created: Timestamp::from_seconds(term.created),
        signs_from: Timestamp::from_seconds(term.signs_from),
        published_until: term.published_until.map(Timestamp::from_seconds),
    };
    Ok(records.into_iter().zip(&terms).enumerate().map(known).rev().collect())
}

/// Lists the names of the keys that `SECRET_KEY` cannot decrypt.
///
/// # Errors
/// The table is unavailable.
pub async fn list_unreadable(app: &App) -> Result<Vec<String>, StoreError> {
    let sealed = records(app).await?.into_iter().filter(|record| record.open(&app.keys).is_none());
    Ok(sealed.map(|record| record.kid).collect())
}

/// Why no key was created.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The settings contain the key.
    #[error("the settings contain the signing key, so it can be replaced only there")]
    OwnKey,
    /// The newest key cannot be decrypted.
    #[error("SECRET_KEY is not the one of the service: it cannot decrypt the signing key {0}")]
    WrongSecretKey(String),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates a key that replaces the one that signs. The key is published at once and starts to sign after a delay, so
/// that every client can fetch it first, like a key that the schedule creates. Returns its name.
///
/// # Errors
/// [`RotationError`].
pub async fn rotate(app: &App) -> Result<String, RotationError> {
    if has_own_key(app) {
        return Err(RotationError::OwnKey);
    }
    let decide = |(), _: Option<Again>| async move {
        let records = records(app).await?;
        let newest = records.iter().max_by_key(|record| record.number);
        if let Some(newest) = newest.filter(|newest| newest.open(&app.keys).is_none()) {
            return Err(RotationError::WrongSecretKey(newest.kid.clone()));
        }
        // Keys sign in the order of their creation, so each has a different second.
        let created = newest.map_or(i64::MIN, |newest| newest.created + 1).max(app.now().seconds());
        let made = make(app, newest.map_or(0, |newest| newest.number) + 1, created).await?;
        Ok(made.map_or(Decision::Again(()), Decision::Settled))
    };
    app.store.run((), decide).await
}

async fn records(app: &App) -> Result<Vec<KeyRecord>, StoreError> {
    app.store.list::<KeyRecord>(KEYS, "", MOST_KEYS).await
}
