//! The list of superusers who are allowed to log in, so that the last one cannot be removed.
//!
//! It is one item. A commit that makes or removes an active superuser also writes this item, so two operators cannot
//! remove each other at the same time.

use super::{User, UserId};
use crate::store::{Item, Key, Store, StoreError, Write};
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};

/// The active superusers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Superusers {
    /// Their ids.
    #[serde(default)]
    pub users: Vec<UserId>,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Item for Superusers {
    fn key(&self) -> Key {
        Key::new("SUPERUSERS", "SUPERUSERS")
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// The error that a change would remove the last active superuser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last active superuser")]
pub struct LastSuperuser;

/// The write that keeps the list up to date with a change of a user. `before` is the user as it is stored, and `after`
/// the changed user; `None` for a user who does not exist. Reads the list only if the change is about a superuser.
///
/// # Errors
/// The table is unavailable.
pub async fn list_superuser(
    store: &Store,
    before: Option<&User>,
    after: Option<&User>,
) -> Result<Result<Option<Write>, LastSuperuser>, StoreError> {
    let is_listed = |user: &&User| user.is_superuser() && user.is_active;
    let (was, is) = (before.filter(is_listed), after.filter(is_listed));
    let Some(user) = was.or(is) else { return Ok(Ok(None)) };
    let mut list = store.find::<Superusers>(&Superusers::default().key()).await?.unwrap_or_default();
    let is_known = list.users.contains(&user.id);
    match is {
        Some(_) if is_known => return Ok(Ok(None)),
        Some(user) => list.users.push(user.id),
        None => list.users.retain(|id| *id != user.id),
    }
    if list.users.is_empty() {
        return Ok(Err(LastSuperuser));
    }
    Write::save(&list).map(|write| Ok(Some(write)))
}
