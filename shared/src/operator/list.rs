//! Lists of users. The number of requests does not depend on the number of users: one round trip to the directory, and
//! one request that reads the users of the page.

use crate::account::{EmailKey, User, UserId, find_phone_claim, fold_name, fold_username, name_listings, read_phone};
use crate::flow::Problem;
use crate::secret::{decode, encode};
use crate::store::{self, Directory, Key, Listing, Order, Store};
use std::collections::BTreeSet;

use super::Failure;

/// Most users of a page: the most keys that one request reads (DynamoDB's `BatchGetItem`).
pub const MOST_LISTED: usize = 100;

/// A page of users.
#[derive(Debug)]
pub struct Listed {
    /// The users.
    pub users: Vec<User>,
    /// The cursor of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// Returns a page of all users, the newest first. `limit` is at most [`MOST_LISTED`]. The first page has no cursor.
///
/// # Errors
/// [`Failure::Invalid`] if the cursor is invalid; the table is unavailable.
pub async fn list(store: &Store, cursor: Option<&str>, limit: usize) -> Result<Listed, Failure> {
    let limit = limit.clamp(1, MOST_LISTED);
    let after = cursor.map(read_cursor).transpose()?;
    let found = store.list_directory(Directory::User, "", Order::Descending, after.as_deref(), limit + 1).await?;
    let (found, next) = page(found, limit);
    let users = find_users(store, &found).await?.into_iter().flatten();
    Ok(Listed { users: users.collect(), next })
}

/// Returns a page of the users who have an address, a username or a name that starts with this text, without regard to
/// case, in the order of what was found. If the text is a whole id or a phone number, returns the user who has it. A page
/// can have fewer users than `limit` although another one follows.
///
/// # Errors
/// [`Failure::Invalid`] if the cursor is invalid; the table is unavailable.
pub async fn search(store: &Store, text: &str, cursor: Option<&str>, limit: usize) -> Result<Listed, Failure> {
    let (text, limit) = (text.trim(), limit.clamp(1, MOST_LISTED));
    if text.is_empty() {
        return list(store, cursor, limit).await;
    }
    if let Ok(id) = text.parse() {
        let users = store.find::<User>(&UserId(id).key()).await?.into_iter().collect();
        return Ok(Listed { users, next: None });
    }
    let after = cursor.map(read_cursor).transpose()?;
    let wanted = [
        (Directory::Email, EmailKey::of(text).as_str().to_owned()),
        (Directory::Name, fold_username(text)),
        (Directory::Person, fold_name(text)),
    ];
    let lists = wanted
        .each_ref()
        .map(|(list, prefix)| store.list_directory(*list, prefix, Order::Ascending, after.as_deref(), limit + 1));
    let phone = async {
        match read_phone(text).filter(|_| after.is_none()) {
            Some(number) => find_phone_claim(store, &number).await,
            None => Ok(None),
        }
    };
    let (lists, phone) = futures_util::try_join!(futures_util::future::try_join_all(lists), phone)?;
    if let Some(claim) = phone {
        let users = store.find::<User>(&claim.user.key()).await?.into_iter().collect();
        return Ok(Listed { users, next: None });
    }
    let mut found = lists.into_iter().flatten().collect::<Vec<_>>();
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found.dedup_by(|a, b| a.place == b.place);
    let (found, next) = page(found, limit);
    let users = find_users(store, &found).await?;
    // A user is listed where they are found first, and only by what they have now.
    let is_first = |user: &User, place: &str| places(user, &wanted).first().is_some_and(|first| first == place);
    let users =
        users.into_iter().zip(&found).filter_map(|(user, entry)| user.filter(|user| is_first(user, &entry.place)));
    Ok(Listed { users: users.collect(), next })
}

/// Returns the first `limit` entries, and the cursor of the next page if there are more.
fn page(mut found: Vec<store::Listed>, limit: usize) -> (Vec<store::Listed>, Option<String>) {
    let is_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_more);
    let next = last.map(|last| encode(last.place.as_bytes()));
    (found, next)
}

fn read_cursor(cursor: &str) -> Result<String, Problem> {
    let place = decode(cursor).and_then(|bytes| String::from_utf8(bytes).ok());
    place.ok_or_else(|| Problem::field("cursor", "invalid", "Use the cursor of the previous page."))
}

/// Reads the user of each entry, in one request.
async fn find_users(store: &Store, found: &[store::Listed]) -> Result<Vec<Option<User>>, Failure> {
    let mut keys = found.iter().map(|entry| UserId(entry.owner).key()).collect::<Vec<Key>>();
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.pk.clone()));
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let users = store.find_all::<User>(&keys).await?;
    let of = |entry: &store::Listed| users.iter().flatten().find(|user| user.id.0 == entry.owner).cloned();
    Ok(found.iter().map(of).collect())
}

/// The places where a search finds a user, in order.
fn places(user: &User, wanted: &[(Directory, String)]) -> BTreeSet<String> {
    let entry = |list: Directory, text: &str| (list, Listing::new(list, text, user.id.0));
    let emails = user.addresses.iter().map(|address| entry(Directory::Email, EmailKey::of(&address.email).as_str()));
    let username = user.username.iter().map(|name| entry(Directory::Name, &fold_username(name)));
    let names = name_listings(user).into_iter().filter_map(|(_, found)| Some((Directory::Person, found?)));
    let all = emails.chain(username).chain(names);
    let is_found = |(list, found): &(Directory, Listing)| {
        wanted.iter().any(|(wanted, prefix)| wanted == list && found.starts_with(prefix))
    };
    all.filter(is_found).map(|(_, found)| found.place()).collect()
}
