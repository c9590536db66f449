//! The signing keys of the table, for operators: which there are, and making a new one before the schedule does.

use super::{KEYS, KeyRecord, MOST_KEYS, keys_of_settings, make, rotation};
use crate::app::App;
use crate::clock::Timestamp;
use crate::jwt::{Term, signing, terms};
use crate::store::{Again, Decision, StoreError};

/// The use of a key at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is published, and will sign.
    Next,
    /// It signs.
    Signs,
    /// It has signed tokens that may be alive.
    Verifies,
    /// None of its tokens is alive.
    Over,
}

/// A key of the table. It is not opened, so this needs no secret key.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// Its name in tokens and in the key set.
    pub kid: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// Until when it is published. `None` for the newest key.
    pub published_until: Option<Timestamp>,
    /// What it is used for now.
    pub used_for: Use,
}

/// Returns whether the settings give the key that signs. Then keys of the table are not used.
pub fn has_own_key(app: &App) -> bool {
    keys_of_settings(app).is_some()
}

/// The keys of the table, the newest first.
///
/// # Errors
/// The table is unavailable.
pub async fn list(app: &App) -> Result<Vec<KnownKey>, StoreError> {
    let mut records = records(app).await?;
    // As a keyring has them.
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

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The settings give the key.
    #[error("the settings give the key that signs, so only they can replace it")]
    OwnKey,
    /// The newest key cannot be opened.
    #[error("SECRET_KEY is not the one that the service has: it does not open the signing key {0}")]
    WrongSecretKey(String),
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a key that replaces the one that signs. It is published at once, and signs when everybody has had time to fetch it,
/// as one that the schedule makes. Returns its name.
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
        // Keys sign in the order of their making, so no two are of the same second.
        let created = newest.map_or(i64::MIN, |newest| newest.created + 1).max(app.now().seconds());
        let made = make(app, newest.map_or(0, |newest| newest.number) + 1, created).await?;
        Ok(made.map_or(Decision::Again(()), Decision::Settled))
    };
    app.store.run((), decide).await
}

async fn records(app: &App) -> Result<Vec<KeyRecord>, StoreError> {
    app.store.list::<KeyRecord>(KEYS, "", MOST_KEYS).await
}
