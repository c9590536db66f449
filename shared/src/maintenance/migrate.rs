//! Brings items that earlier versions wrote up to date.
//!
//! Each step is safe to repeat and to stop: an item that is up to date is not touched again, so a run that was stopped is
//! simply started again. Requests go on meanwhile. If one of them is faster, its write stands, and it has written the item
//! in the present shape.

use crate::account::email_claim_key;
use crate::store::{Committed, Key, Store, StoreError, Stored};
use serde::Serialize;

/// How far a migration has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Items that were looked at.
    pub looked_at: u64,
    /// Items that were outdated.
    pub outdated: u64,
    /// Items that were brought up to date.
    pub migrated: u64,
    /// Items, of those, that went to another partition.
    pub moved: u64,
    /// Items that a request wrote meanwhile.
    pub overtaken: u64,
    /// Items that cannot go where they belong, because another item is there. They are found where they are.
    pub blocked: u64,
}

/// Counts the outdated items, and changes nothing.
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

/// Brings all items up to date. Calls `report` after each of them, and after each page of at most 1 MB.
///
/// # Errors
/// The table is unavailable: what was migrated so far stays migrated.
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
        // It stays where it is found too, until its user gives the address up.
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

/// Where an item belongs. Versions without schema numbers kept an address with an international domain under what was typed.
fn place_of(item: &Stored) -> Key {
    let key = item.key();
    let email = item.text("email").filter(|_| key.pk.starts_with("EMAIL#"));
    email.map_or_else(|| key.clone(), |email| email_claim_key(email, &key.sk))
}
