//! Families of refresh tokens: one for each session, in which only one token is valid at a time (ASVS 5.0 10.4.5).

use super::{Client, decode, encode};
use crate::versions::Unknown;
use aws_lc_rs::{constant_time, hmac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KEY_LENGTH: usize = 32;
const COUNTER_LENGTH: usize = 8;
/// Size of a tag in bytes. 128 bits cannot be guessed.
const TAG_LENGTH: usize = 16;
/// Maximum number of rotations within a window.
pub const MOST_IN_WINDOW: usize = 8;
const LABEL: &[u8] = b"latchkey: refresh token of a family";

/// The secret from which the `jti` claims of a family's tokens are computed.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyKey([u8; KEY_LENGTH]);

impl std::fmt::Debug for FamilyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FamilyKey(..)")
    }
}

impl Serialize for FamilyKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for FamilyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = decode(&String::deserialize(deserializer)?);
        let key = bytes.and_then(|bytes| bytes.try_into().ok());
        key.map(Self).ok_or_else(|| serde::de::Error::custom("a family's key is 32 bytes of base64url"))
    }
}

/// A family, as it is stored in the session's item. Times are in seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The number of the token that is currently valid. The first has the number 0.
    pub counter: u64,
    /// The time when it was issued.
    pub rotated_at: i64,
    /// The time when the first token was issued.
    pub started: i64,
    /// The time when the family ends, however often its token is refreshed (ASVS 5.0 10.4.8).
    pub ends: i64,
    key: FamilyKey,
    /// The client of the last rotation. `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Client>,
    /// The times of the rotations before the last one that were within the window at that time, the latest last. They
    /// give the time when each token was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<i64>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Family {
    /// Creates a family that ends after `lifetime` seconds. `key` is 32 random bytes.
    pub fn new(key: [u8; KEY_LENGTH], now: i64, lifetime: i64) -> Self {
        let ends = now.saturating_add(lifetime);
        let (client, earlier, unknown) = (None, Vec::new(), Unknown::default());
        Self { counter: 0, rotated_at: now, started: now, ends, key: FamilyKey(key), client, earlier, unknown }
    }

    /// Returns the claim `jti` of the token that is currently valid. It contains the counter and a tag, which is
    /// HMAC-SHA-256 with the family's key. So no list of tokens has to be stored.
    pub fn jti(&self) -> String {
        self.name(self.counter)
    }

    /// Returns the number of the family's token with this `jti`, or `None` if it is of another family. Call it only
    /// with the `jti` of a token that [`super::verify`] accepted.
    pub fn counter_of(&self, jti: &str) -> Option<u64> {
        let bytes = decode(jti)?;
        let (counter, _) = bytes.split_first_chunk::<COUNTER_LENGTH>()?;
        let counter = u64::from_be_bytes(*counter);
        let expected = self.name(counter);
        constant_time::verify_slices_are_equal(expected.as_bytes(), jti.as_bytes()).ok().map(|()| counter)
    }

    /// Returns the known times of the rotations, the latest first.
    fn rotations(&self) -> impl Iterator<Item = i64> {
        let last = (self.counter > 0).then_some(self.rotated_at);
        last.into_iter().chain(self.earlier.iter().rev().copied())
    }

    /// Returns the family after one more rotation. `recent` are the rotations within the window, the latest first.
    fn next(&self, now: i64, client: &Client, recent: &[i64]) -> Self {
        Self {
            counter: self.counter.saturating_add(1),
            rotated_at: now,
            client: Some(client.clone()),
            earlier: recent.iter().rev().copied().collect(),
            ..self.clone()
        }
    }

    fn name(&self, counter: u64) -> String {
        let counter = counter.to_be_bytes();
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.key.0));
        context.update(LABEL);
        context.update(&counter);
        encode(&[&counter[..], &context.sign().as_ref()[..TAG_LENGTH]].concat())
    }
}

/// The rotation rules, from the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a refresh returns a new refresh token: `HEADLESS_JWT_ROTATE_REFRESH_TOKEN`.
    pub rotate: bool,
    /// Seconds after a rotation in which the replaced token does not count as stolen:
    /// `HEADLESS_JWT_REFRESH_GRACE_SECONDS` (Latchkey only). The last second is included. With 0 there is no window,
    /// not even within the same second.
    pub grace_seconds: i64,
}

/// The decision about a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The token is valid. The caller stores this family, on the condition that the stored one has not changed, and
    /// issues the token of this family.
    Rotate(Family),
    /// The token is valid and stays valid, because rotation is off. The caller issues an access token and stores
    /// nothing.
    Keep,
    /// The token was replaced within the window, and the same client sends it again. The caller issues the currently
    /// valid token again. The decision is the same for the valid token itself if there were [`MOST_IN_WINDOW`]
    /// rotations within the window.
    Repeat,
    /// The token was replaced within the window, and another client sends it. It is refused, and the family stays
    /// valid. The decision is the same for a token with a number above the family's counter: the table has lost data,
    /// and the client did not cause this.
    RefuseSoftly,
    /// The token was used before, so a copy of it exists. It is refused, and family and session end (RFC 9700, section
    /// 4.14.2).
    End,
    /// The family has expired. The token is refused.
    Expired,
}

/// Decides about the family's token with the number `presented`, which `client` sends now.
///
/// The newest token is rotated. A token that was replaced within the window is accepted again from the same client,
/// however many tokens followed it. This happens if several tabs refresh at once, or an answer was lost. Any other
/// token counts as reused. See `docs/decisions/7-refresh-windows.md`.
pub fn decide(family: &Family, presented: u64, now: i64, rules: Rules, client: &Client) -> Decision {
    if now >= family.ends {
        return Decision::Expired;
    }
    if presented > family.counter {
        return Decision::RefuseSoftly;
    }
    let is_within = |moment: i64| rules.grace_seconds > 0 && now.saturating_sub(moment) <= rules.grace_seconds;
    let recent = family.rotations().take_while(|moment| is_within(*moment)).collect::<Vec<_>>();
    if presented == family.counter {
        return match rules.rotate {
            false => Decision::Keep,
            // The list of rotations stays small, and it keeps every token that was replaced within the window.
            true if recent.len() >= MOST_IN_WINDOW => Decision::Repeat,
            true => Decision::Rotate(family.next(now, client, &recent)),
        };
    }
    // The last rotation replaced the token before the current one, the rotation before it the token before that.
    let generations = usize::try_from(family.counter - presented).unwrap_or(usize::MAX);
    if generations > recent.len() {
        return Decision::End;
    }
    if family.client.as_ref() == Some(client) { Decision::Repeat } else { Decision::RefuseSoftly }
}
