//! The schedule of keys: when each signs and how long it is published, computed only from their dates.

/// Seconds for which a new key is published before it signs. API Gateway caches a key set for two hours. A gateway that
/// fetched the set just before the key was created has fetched it again by then. A function can also cache its keys,
/// for a shorter time than this.
pub const LEAD_SECONDS: i64 = 3 * 3600;
const DAY: i64 = 86_400;

/// The rotation rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Days for which a key signs: `HEADLESS_JWT_KEY_MAX_AGE_DAYS` (Latchkey only). 0 means without limit.
    pub max_age_days: u32,
    /// Lifetime of the signed tokens in seconds: `HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`.
    pub lifetime: i64,
}

impl Rotation {
    /// Returns whether a new key must be created now, so that it is published long enough before the newest key has
    /// signed for `max_age_days`. `newest` is the term of the newest key. If there is none, a key must be created.
    pub(super) fn wants_new(&self, newest: Option<&Term>, now: i64) -> bool {
        let Some(newest) = newest else { return true };
        let age = i64::from(self.max_age_days) * DAY;
        self.max_age_days > 0 && now >= newest.signs_from.saturating_add(age - LEAD_SECONDS)
    }
}

/// The dates of a key, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The time when it was created and published.
    pub created: i64,
    /// The time from which it signs, until a newer key does: `created` for the first key, [`LEAD_SECONDS`] later for
    /// the others.
    pub signs_from: i64,
    /// The time when its last token has expired. From this second on the key is not published and verifies nothing.
    /// `None` while there is no newer key.
    pub published_until: Option<i64>,
}

/// Returns the terms of keys that were created at these times. The times must be sorted.
pub(crate) fn terms(created: &[i64], rotation: &Rotation) -> Vec<Term> {
    let signs_from = |place: usize| if place == 0 { created[0] } else { created[place].saturating_add(LEAD_SECONDS) };
    let until = |place: usize| {
        let signs_until = (place + 1 < created.len()).then(|| signs_from(place + 1))?;
        Some(signs_until.saturating_add(rotation.lifetime.max(0)))
    };
    let term = |(place, &created)| Term { created, signs_from: signs_from(place), published_until: until(place) };
    created.iter().enumerate().map(term).collect()
}

/// Returns the place of the key that signs at this time: the newest that can sign. If the time is before the creation
/// of the first key (because clocks differ), the first key signs.
pub(crate) fn signing(terms: &[Term], at: i64) -> Option<usize> {
    terms.iter().rposition(|term| term.signs_from <= at).or((!terms.is_empty()).then_some(0))
}
