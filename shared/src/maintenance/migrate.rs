//! Updates items that earlier versions wrote to the current schema.
//!
//! Each step can be stopped and repeated safely. Items that are up to date are not changed, so a stopped run is simply
//! started again. The service stays in use meanwhile. If a request writes an item first, its write has precedence, and
//! it has already written the current schema.

use crate::account::email_claim_key;
use crate::store::{Committed, Key, Store, StoreError, Stored};
use serde::Serialize;

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
        let page = store.scan_outdated(start.as_ref()).await?;
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
        let page = store.scan_outdated(start.as_ref()).await?;
        progress.looked_at += page.looked_at;
        progress.outdated += page.items.len() as u64;
        for item in page.items {
            renew(store, item, &mut progress).await?;
            report(&progress);
        }
        report(&progress);
        start = page.next;
        if start.is_none() {
            return Ok(progress);
        }
    }
}

async fn renew(store: &Store, item: Stored, progress: &mut Progress) -> Result<(), StoreError> {
    let place = place_of(&item);
    let moves = place != *item.key();
    match store.renew(item.clone(), place).await? {
        Committed::Done => {
            progress.migrated += 1;
            progress.moved += u64::from(moves);
        }
        Committed::Contended => progress.overtaken += 1,
        // The item is also found under its current key, until its user gives the address up.
        Committed::Refused(_) => {
            let stays = item.key().clone();
            progress.blocked += 1;
            if matches!(store.renew(item, stays).await?, Committed::Done) {
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
