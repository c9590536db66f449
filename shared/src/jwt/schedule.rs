//! When keys sign, and how long they stay published: by their dates alone.

/// Seconds that a new key is published before it signs. API Gateway keeps a key set for two hours: whoever fetched the
/// set just before the key was made has fetched it anew by then. So a function may hold its keys for some time too,
/// but not for as long as this.
pub const LEAD_SECONDS: i64 = 3 * 3600;
const DAY: i64 = 86_400;

/// The rules of rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Days for which a key signs: `HEADLESS_JWT_KEY_MAX_AGE_DAYS` (ours). 0: for ever.
    pub max_age_days: u32,
    /// Seconds that what they sign lives: `HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`.
    pub lifetime: i64,
}

impl Rotation {
    /// Whether a new key has to be made now, so that it is published long enough when the newest has signed for
    /// `max_age_days`. `newest` is the term of the newest key; with none there has to be one.
    pub(super) fn wants_new(&self, newest: Option<&Term>, now: i64) -> bool {
        let Some(newest) = newest else { return true };
        let age = i64::from(self.max_age_days) * DAY;
        self.max_age_days > 0 && now >= newest.signs_from.saturating_add(age - LEAD_SECONDS)
    }
}

/// A key's dates, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// When it was made, and published.
    pub created: i64,
    /// From when on it signs, until a newer one does: at once if it was the first, else [`LEAD_SECONDS`] later.
    pub signs_from: i64,
    /// When its last token is gone: from this second on it is not published and verifies nothing. None while no newer
    /// key is known.
    pub published_until: Option<i64>,
}

/// The terms of keys that were made at these times, which are in order.
pub(crate) fn terms(created: &[i64], rotation: &Rotation) -> Vec<Term> {
    let signs_from = |place: usize| if place == 0 { created[0] } else { created[place].saturating_add(LEAD_SECONDS) };
    let until = |place: usize| {
        let signs_until = (place + 1 < created.len()).then(|| signs_from(place + 1))?;
        Some(signs_until.saturating_add(rotation.lifetime.max(0)))
    };
    let term = |(place, &created)| Term { created, signs_from: signs_from(place), published_until: until(place) };
    created.iter().enumerate().map(term).collect()
}

/// Which of the keys signs at this moment: the newest that may. If the clock stands before the first was made (those
/// of two machines differ), the first.
pub(crate) fn signing(terms: &[Term], at: i64) -> Option<usize> {
    terms.iter().rposition(|term| term.signs_from <= at).or((!terms.is_empty()).then_some(0))
}
