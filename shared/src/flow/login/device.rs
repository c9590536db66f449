//! Known devices: browsers in which a user has logged in before, as a cookie proves.
//!
//! Failed logins from such a browser are counted in a separate log. So an attacker who causes failures on purpose does
//! not lock the owner out (OWASP calls this "device cookies"). The cookie has no other effect: it does not log anyone
//! in and skips no stage. It is not stored in the table.

use crate::account::UserId;
use crate::app::App;
use crate::clock::Timestamp;
use crate::secret::{Keys, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The purpose of the cookie's digests.
const DEVICE: &str = "known device";
/// Most accounts that one browser is remembered for.
const MOST: usize = 5;
/// The number of logs that the browsers of one account share. An attacker who knew the password for a while may have
/// collected many cookies. This limit also limits their attempts to guess the next password.
const LOGS: u8 = 16;

/// Records that a user has logged in to one account with this browser. The account is only part of the digest, so the
/// cookie does not reveal it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The time of the login, in seconds.
    at: i64,
    /// The number of the account's log that counts failures of the browser.
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

/// Parses the entries of a cookie, the latest last. Returns no entries for any other value.
fn entries(cookie: &str) -> Vec<Entry> {
    let mut all: Vec<Entry> = decode(cookie).and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    all.drain(..all.len().saturating_sub(MOST));
    all
}

/// Finds the log of the account that counts failures of the browser with this cookie; `None` if the browser is not
/// known.
pub(in crate::flow) fn find_log(app: &App, cookie: Option<&str>, user: UserId) -> Option<u8> {
    let settings = &app.settings.cookies;
    let cookie = cookie.filter(|_| settings.device_cookie)?;
    find(&app.keys, cookie, user, app.now(), settings.device_age)
}

fn find(keys: &Keys, cookie: &str, user: UserId, now: Timestamp, age: i64) -> Option<u8> {
    let is_live = |entry: &Entry| now.seconds().checked_sub(entry.at).is_some_and(|past| (0..age).contains(&past));
    entries(cookie).into_iter().find(|entry| is_live(entry) && entry.is_of(keys, user)).map(|entry| entry.log)
}

/// Returns the new value of the browser's cookie after a login to this account. A known browser keeps its log. Returns
/// `None` if device cookies are off.
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
    fn a_cookie_is_valid_only_for_its_account_and_until_it_expires() {
        let keys = Keys::of_bytes(1, &[]);
        let cookie = add(&keys, None, user(1), 7, at(100));
        assert_eq!(find(&keys, &cookie, user(1), at(100), AGE), Some(7));
        assert_eq!(find(&keys, &cookie, user(1), at(1099), AGE), Some(7));
        assert_eq!(find(&keys, &cookie, user(1), at(1100), AGE), None, "expired");
        assert_eq!(find(&keys, &cookie, user(1), at(99), AGE), None, "from the future");
        assert_eq!(find(&keys, &cookie, user(2), at(100), AGE), None, "of another account");
    }

    #[test]
    fn a_cookie_is_valid_only_while_its_key_is_in_use() {
        let cookie = add(&Keys::of_bytes(1, &[]), None, user(1), 7, at(100));
        assert_eq!(find(&Keys::of_bytes(2, &[1]), &cookie, user(1), at(100), AGE), Some(7));
        assert_eq!(find(&Keys::of_bytes(2, &[]), &cookie, user(1), at(100), AGE), None);
    }

    #[test]
    fn a_changed_cookie_is_refused() {
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
