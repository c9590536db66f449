//! Checks the clock against the time of an answer from AWS.

use super::{Check, Place, in_words};
use crate::clock::Timestamp;

const NAME: &str = "clock";

/// Seconds of difference that are normal: a `Date` header has whole seconds, and the answer takes time.
const NORMAL: u64 = 10;
/// Seconds from which codes of authenticator apps are refused.
const MOST: u64 = 30;

/// Compares the clock with the `Date` of an answer.
pub(super) fn check(answered_at: Option<Timestamp>, now: Timestamp, place: Place) -> Check {
    let Some(theirs) = answered_at else {
        let why = if place == Place::Local { "the table is on this machine" } else { "the answer has no date" };
        return Check::ok(NAME, format!("skipped: {why}"));
    };
    let seconds = now.seconds().abs_diff(theirs.seconds());
    let direction = if now > theirs { "ahead of" } else { "behind" };
    let what = format!("{} {direction} AWS", in_words(seconds));
    let advice = "synchronize the clock of this machine by NTP";
    match seconds {
        0..=NORMAL => Check::ok(NAME, format!("at most {} from AWS", in_words(NORMAL))),
        seconds if seconds < MOST => Check::warning(NAME, what, advice),
        _ => Check::error(NAME, format!("{what}: codes and signatures of this machine are refused"), advice),
    }
}
