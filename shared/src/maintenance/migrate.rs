//! Updates items that earlier versions wrote to the current schema.
//!
//! Each step can be stopped and repeated safely. Items that are up to date are not changed, so a stopped run is simply
//! started again. The service stays in use meanwhile. If a request writes an item first, its write has precedence, and
//! it has already written the current schema.

use crate::account::{EmailClaim, NameClaim, User, email_claim_key, name_listings};
use crate::store::{Again, Committed, Decision, Item, Key, Listing, Page, Store, StoreError, Stored, Write};
use serde::Serialize;
use std::collections::BTreeSet;

/// The progress of a migration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Items that were read.
    pub looked_at: u64,
    /// Items that were outdated.
    pub outdated: u64,
    /// Items that were updated.
    pub migrated: u64,
    /// Updated items that were moved to another partition.
    pub moved: u64,
    /// Items that a request wrote in the meantime.
    pub overtaken: u64,
    /// Items that cannot be moved, because another item has their new key. They are still found under their current
    /// key.
    pub blocked: u64,
}

/// Counts the outdated items without changing them.
///
/// # Errors
/// The table is unavailable.
pub async fn count(store: &Store) -> Result<Progress, StoreError> {
    let (mut progress, mut start) = (Progress::default(), None);
    loop {
        let page = outdated(store, start.as_ref()).await?;
        progress.looked_at += page.looked_at;
        progress.outdated += page.items.len() as u64;
        start = page.next;
        if start.is_none() {
            return Ok(progress);
        }
    }
}

/// Updates all items. Calls `report` after each item, and after each page of at most 1 MB.
///
/// # Errors
/// The table is unavailable. Items that were updated so far stay updated.
pub async fn migrate(store: &Store, mut report: impl FnMut(&Progress)) -> Result<Progress, StoreError> {
    let (mut progress, mut start) = (Progress::default(), None);
    loop {
        let page = outdated(store, start.as_ref()).await?;
        progress.looked_at += page.looked_at;
        progress.outdated += page.items.len() as u64;
        for item in page.items {
            update(store, item, &mut progress).await?;
            report(&progress);
        }
        report(&progress);
        start = page.next;
        if start.is_none() {
            return Ok(progress);
        }
    }
}

/// An item that has to be updated.
struct Outdated {
    item: Stored,
    /// Whether the item itself is outdated.
    is_renewed: bool,
    /// The user, if the entries of their names in the directory are missing or outdated.
    unlisted: Option<User>,
}

/// Reads a page of the outdated items.
async fn outdated(store: &Store, start: Option<&Key>) -> Result<Page<Outdated>, StoreError> {
    let page = store.scan_outdated(start).await?;
    let mut items = Vec::new();
    // A user has two entries, so the entries of a chunk fit into one request (DynamoDB's `BatchGetItem`).
    for chunk in page.items.chunks(50) {
        let users = chunk.iter().map(|item| item.read::<User>().ok().filter(|user| user.key() == *item.key()));
        let users = users.collect::<Vec<_>>();
        let wanted = users.iter().flatten().flat_map(name_listings).collect::<Vec<_>>();
        let keys = wanted.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let found = if keys.is_empty() { Vec::new() } else { store.find_listed(&keys).await? };
        let places = found.into_iter().map(|entry| entry.map(|entry| entry.place));
        let differs =
            wanted.iter().zip(places).filter(|((_, entry), place)| entry.as_ref().map(Listing::place) != *place);
        let unlisted = differs.map(|((key, _), _)| key.pk.clone()).collect::<BTreeSet<_>>();
        for (item, user) in chunk.iter().zip(users) {
            let is_renewed = item.is_outdated() || (!item.is_listed() && listing_of(item).is_some());
            let unlisted = user.filter(|user| unlisted.contains(&user.key().pk));
            if is_renewed || unlisted.is_some() {
                items.push(Outdated { item: item.clone(), is_renewed, unlisted });
            }
        }
    }
    Ok(Page { items, looked_at: page.looked_at, next: page.next })
}

async fn update(store: &Store, outdated: Outdated, progress: &mut Progress) -> Result<(), StoreError> {
    let Outdated { item, is_renewed, unlisted } = outdated;
    if let Some(user) = unlisted {
        list_names(store, user).await?;
        progress.migrated += u64::from(!is_renewed);
    }
    if is_renewed { renew(store, item, progress).await } else { Ok(()) }
}

/// Writes the entries of a user's names, unless a request changes the user in the meantime and writes them itself.
async fn list_names(store: &Store, user: User) -> Result<(), StoreError> {
    let decide = |user: User, again: Option<Again>| async move {
        let user = match again {
            None => Some(user),
            Some(_) => store.find::<User>(&user.key()).await?,
        };
        let Some(user) = user else { return Ok(Decision::Settled(())) };
        let writes = name_listings(&user).into_iter().map(|(key, entry)| match entry {
            Some(entry) => entry.write(key),
            None => Write::discard(key),
        });
        Ok::<_, StoreError>(Decision::Write(writes.chain([Write::check(&user)]).collect(), (), user))
    };
    store.run(user, decide).await
}

async fn renew(store: &Store, item: Stored, progress: &mut Progress) -> Result<(), StoreError> {
    let (place, listing) = (place_of(&item), listing_of(&item));
    let moves = place != *item.key();
    match store.renew(item.clone(), place, listing.as_ref()).await? {
        Committed::Done => {
            progress.migrated += 1;
            progress.moved += u64::from(moves);
        }
        Committed::Contended => progress.overtaken += 1,
        // The item is also found under its current key, until its user gives the address up.
        Committed::Refused(_) => {
            let stays = item.key().clone();
            progress.blocked += 1;
            if matches!(store.renew(item, stays, listing.as_ref()).await?, Committed::Done) {
                progress.migrated += 1;
            }
        }
    }
    Ok(())
}

/// The key that an item has in the current schema. Versions without schema numbers stored an address with an
/// international domain under the text that the user typed.
fn place_of(item: &Stored) -> Key {
    let key = item.key();
    let email = item.text("email").filter(|_| key.pk.starts_with("EMAIL#"));
    email.map_or_else(|| key.clone(), |email| email_claim_key(email, &key.sk))
}

/// The entry in the directory that an item has in the current schema, if its kind has one.
fn listing_of(item: &Stored) -> Option<Listing> {
    let Key { pk, sk } = item.key();
    if sk == "USER" {
        item.read::<User>().ok()?.listing()
    } else if pk.starts_with("EMAIL#") {
        item.read::<EmailClaim>().ok()?.listing()
    } else if pk.starts_with("NAME#") {
        item.read::<NameClaim>().ok()?.listing()
    } else {
        None
    }
}
