//! Families of refresh tokens: one lineage for each session, in which one token is good at a time (ASVS 5.0 10.4.5).

use super::{Client, decode, encode};
use crate::versions::Unknown;
use aws_lc_rs::{constant_time, hmac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KEY_LENGTH: usize = 32;
const COUNTER_LENGTH: usize = 8;
/// Bytes of a tag: 128 bits cannot be guessed.
const TAG_LENGTH: usize = 16;
/// Rotations that there are at most within a window.
pub const MOST_IN_WINDOW: usize = 8;
const LABEL: &[u8] = b"latchkey: refresh token of a family";

/// The secret from which the names of a family's tokens are computed.
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

/// A family, as the session's item keeps it. Times are in seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Which token is good now: the first is 0.
    pub counter: u64,
    /// When it was given out.
    pub rotated_at: i64,
    /// When the first was.
    pub started: i64,
    /// From when on none is good, however often it is renewed (ASVS 5.0 10.4.8).
    pub ends: i64,
    key: FamilyKey,
    /// Who had the last rotation; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Client>,
    /// When the rotations before the last one were, the latest last: those that were within the window at the last
    /// one. They tell when each token was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<i64>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Family {
    /// A new family, which lives for `lifetime` seconds whatever happens. `key` are 32 random bytes.
    pub fn new(key: [u8; KEY_LENGTH], now: i64, lifetime: i64) -> Self {
        let ends = now.saturating_add(lifetime);
        let (client, earlier, unknown) = (None, Vec::new(), Unknown::default());
        Self { counter: 0, rotated_at: now, started: now, ends, key: FamilyKey(key), client, earlier, unknown }
    }

    /// The claim `jti` of the token that is good now: the counter in the open, and a tag by HMAC-SHA-256 under the
    /// family's key, so that no list of tokens has to be kept.
    pub fn jti(&self) -> String {
        self.name(self.counter)
    }

    /// Which of the family's tokens has this `jti`; none where it is of another family. Only for the `jti` of a token
    /// that [`super::verify`] let pass.
    pub fn counter_of(&self, jti: &str) -> Option<u64> {
        let bytes = decode(jti)?;
        let (counter, _) = bytes.split_first_chunk::<COUNTER_LENGTH>()?;
        let counter = u64::from_be_bytes(*counter);
        let expected = self.name(counter);
        constant_time::verify_slices_are_equal(expected.as_bytes(), jti.as_bytes()).ok().map(|()| counter)
    }

    /// When the rotations were, the latest first, as far as they are known.
    fn rotations(&self) -> impl Iterator<Item = i64> {
        let last = (self.counter > 0).then_some(self.rotated_at);
        last.into_iter().chain(self.earlier.iter().rev().copied())
    }

    /// The family after one more rotation; `recent` are the rotations within the window, the latest first.
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

/// The rules of rotation, from the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a refresh gives a new refresh token: `HEADLESS_JWT_ROTATE_REFRESH_TOKEN`.
    pub rotate: bool,
    /// Seconds after a rotation in which the token that it replaced is not taken for stolen:
    /// `HEADLESS_JWT_REFRESH_GRACE_SECONDS` (ours). The last of them counts. 0: none, not even in the same second.
    pub grace_seconds: i64,
}

/// What becomes of a refresh token that has been presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is good: this family is to be stored in the place of the old one, on the condition that that has not changed,
    /// and its token given out.
    Rotate(Family),
    /// It is good and stays so, since nothing rotates: an access token is given out, and nothing stored.
    Keep,
    /// It was replaced within the window, and the same client asks once more: the token that is good now is given out
    /// again. Also for that token itself, where there were [`MOST_IN_WINDOW`] rotations within the window.
    Repeat,
    /// It was replaced within the window, and another client asks: refused, and the family lives. Also for a token that the
    /// family has not come to: then the table has lost something, and it is not the client's doing.
    RefuseSoftly,
    /// It was used before: someone has a copy. Refused, and family and session end (RFC 9700, section 4.14.2).
    End,
    /// The family's time is over: refused.
    Expired,
}

/// What becomes of the family's token with the number `presented`, which `client` brings at this moment.
///
/// The newest token leads on. Whatever was replaced within the window may come again by the same client, however many
/// tokens came after it: tabs that refresh at once, or an answer that was lost on its way. Everything else was used
/// before. See `docs/decisions/7-refresh-windows.md`.
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
            // The list of rotations stays small, and no token that was replaced within the window falls off it.
            true if recent.len() >= MOST_IN_WINDOW => Decision::Repeat,
            true => Decision::Rotate(family.next(now, client, &recent)),
        };
    }
    // The last rotation replaced the token before the present one, the one before it the token before that.
    let generations = usize::try_from(family.counter - presented).unwrap_or(usize::MAX);
    if generations > recent.len() {
        return Decision::End;
    }
    if family.client.as_ref() == Some(client) { Decision::Repeat } else { Decision::RefuseSoftly }
}
