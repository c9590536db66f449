//! Browsers that somebody has logged in with before, as a cookie of theirs proves it.
//!
//! Failed logins from such a browser are counted in a log of its own, so a stranger who fails on purpose does not lock the
//! owner out ("device cookies", as OWASP calls them). The cookie proves nothing else: it lets nobody in and skips no stage.
//! The table holds nothing of it.

use crate::account::UserId;
use crate::app::App;
use crate::clock::Timestamp;
use crate::secret::{Keys, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the cookie's digests are for.
const DEVICE: &str = "known device";
/// Accounts that one browser is remembered for.
const MOST: usize = 5;
/// Logs that the browsers of one account share. Whoever knew the password for a while may have collected any number of
/// cookies: they do not get any number of guesses at the next password.
const LOGS: u8 = 16;

/// That one account has been logged in to with this browser. The account is in the digest alone, so the cookie shows nobody
/// which one it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// When that was, in seconds.
    at: i64,
    /// Which of the account's logs counts the browser's failures.
    log: u8,
    digest: String,
}

impl Entry {
    fn new(keys: &Keys, user: UserId, log: u8, now: Timestamp) -> Self {
        let at = now.seconds();
        Self { at, log, digest: keys.digest(DEVICE, &[user.0.as_bytes(), &[log], &at.to_be_bytes()]) }
    }

    fn is_of(&self, keys: &Keys, user: UserId) -> bool {
        keys.is_digest(&self.digest, DEVICE, &[user.0.as_bytes(), &[self.log], &self.at.to_be_bytes()])
    }
}

/// The entries of a cookie, the latest last. A value that is not ours has none.
fn entries(cookie: &str) -> Vec<Entry> {
    let mut all: Vec<Entry> = decode(cookie).and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    all.drain(..all.len().saturating_sub(MOST));
    all
}

/// The log of the browser that brings this cookie, among the account's; `None` for a browser that is not known.
pub(in crate::flow) fn find_log(app: &App, cookie: Option<&str>, user: UserId) -> Option<u8> {
    let settings = &app.settings.cookies;
    let cookie = cookie.filter(|_| settings.device_cookie)?;
    find(&app.keys, cookie, user, app.now(), settings.device_age)
}

fn find(keys: &Keys, cookie: &str, user: UserId, now: Timestamp, age: i64) -> Option<u8> {
    let is_live = |entry: &Entry| now.seconds().checked_sub(entry.at).is_some_and(|past| (0..age).contains(&past));
    entries(cookie).into_iter().find(|entry| is_live(entry) && entry.is_of(keys, user)).map(|entry| entry.log)
}

/// The value of the cookie after somebody has logged in to this account, from the one that the browser brings. A browser
/// keeps its log. `None` where browsers are not remembered.
pub(crate) fn remember(app: &App, cookie: Option<&str>, user: UserId) -> Option<String> {
    let settings = &app.settings.cookies;
    if !settings.device_cookie {
        return None;
    }
    let [random] = app.random::<1>();
    let log = find_log(app, cookie, user).unwrap_or(random % LOGS);
    Some(add(&app.keys, cookie, user, log, app.now()))
}

fn add(keys: &Keys, cookie: Option<&str>, user: UserId, log: u8, now: Timestamp) -> String {
    let mut all = cookie.map(entries).unwrap_or_default();
    all.retain(|entry| !entry.is_of(keys, user));
    all.push(Entry::new(keys, user, log, now));
    all.drain(..all.len().saturating_sub(MOST));
    encode(json!(all).to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const AGE: i64 = 1000;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn a_cookie_is_known_for_its_account_alone_and_for_so_long() {
        let keys = Keys::of_bytes(1, &[]);
        let cookie = add(&keys, None, user(1), 7, at(100));
        assert_eq!(find(&keys, &cookie, user(1), at(100), AGE), Some(7));
        assert_eq!(find(&keys, &cookie, user(1), at(1099), AGE), Some(7));
        assert_eq!(find(&keys, &cookie, user(1), at(1100), AGE), None, "over");
        assert_eq!(find(&keys, &cookie, user(1), at(99), AGE), None, "of the future");
        assert_eq!(find(&keys, &cookie, user(2), at(100), AGE), None, "another account's");
    }

    #[test]
    fn a_cookie_counts_no_longer_than_the_key_that_it_was_made_with() {
        let cookie = add(&Keys::of_bytes(1, &[]), None, user(1), 7, at(100));
        assert_eq!(find(&Keys::of_bytes(2, &[1]), &cookie, user(1), at(100), AGE), Some(7));
        assert_eq!(find(&Keys::of_bytes(2, &[]), &cookie, user(1), at(100), AGE), None);
    }

    #[test]
    fn a_changed_cookie_is_none() {
        let keys = Keys::of_bytes(1, &[]);
        let cookie = add(&keys, None, user(1), 7, at(100));
        let with = |name: &str, value: serde_json::Value| {
            let mut json: serde_json::Value = serde_json::from_slice(&decode(&cookie).unwrap()).unwrap();
            json[0][name] = value;
            encode(json.to_string().as_bytes())
        };
        assert_eq!(find(&keys, &with("log", json!(7)), user(1), at(100), AGE), Some(7));
        for changed in
            [with("log", json!(8)), with("at", json!(101)), with("at", json!(i64::MIN)), with("digest", json!(""))]
        {
            assert_eq!(find(&keys, &changed, user(1), at(200), AGE), None);
        }
        for nonsense in ["", "A", "!!", "e30", "W10"] {
            assert_eq!(find(&keys, nonsense, user(1), at(100), AGE), None);
        }
    }

    #[test]
    fn a_browser_is_known_for_its_last_five_accounts_and_once_for_each() {
        let keys = Keys::of_bytes(1, &[]);
        let mut cookie = None;
        for number in [1, 2, 3, 4, 5, 6, 6, 2] {
            cookie = Some(add(&keys, cookie.as_deref(), user(number), number as u8, at(100)));
        }
        let cookie = cookie.unwrap();
        assert_eq!(entries(&cookie).len(), MOST);
        let known = (1..=6).filter(|number| find(&keys, &cookie, user(*number), at(100), AGE).is_some());
        assert_eq!(known.collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    }
}
