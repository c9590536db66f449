//! After the table was restored to an earlier moment: removing passwords that were changed since that moment.

use crate::account::{Authenticator, User};
use crate::store::{Again, Decision, Item, Store, StoreError, Write};
use serde::Serialize;

/// Most keys that one request reads (DynamoDB's `BatchGetItem`).
const MOST_KEYS: usize = 100;

/// The differences between a restored table and the table before the restore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The number of users in the restored table.
    pub users: u64,
    /// Users whose password differs in the table before the restore.
    pub changed_password: u64,
    /// Users whose authenticators differ in the table before the restore. They are only counted.
    pub changed_factors: u64,
    /// Users who do not exist in the table before the restore, because their accounts were deleted.
    pub deleted: u64,
}

/// Removes the password of each user whose password differs in the table before the restore. These users log in after a
/// reset by mail, like users who never had a password. Their sessions end. Calls `report` after each user.
///
/// A hash that was only renewed at a login counts as changed, because the two cases cannot be distinguished.
///
/// # Errors
/// One of the tables is unavailable. Passwords that were removed so far stay removed, and the next run removes the
/// rest.
pub async fn require_new_passwords(
    restored: &Store,
    before: &Store,
    mut report: impl FnMut(&Comparison),
) -> Result<Comparison, StoreError> {
    let (mut found, mut start) = (Comparison::default(), None);
    loop {
        let page = restored.scan_kind::<User>("USER", start.as_ref()).await?;
        for users in page.items.chunks(MOST_KEYS) {
            let keys = users.iter().map(User::key).collect::<Vec<_>>();
            let earlier = before.find_all::<User>(&keys).await?;
            for (user, earlier) in users.iter().zip(earlier) {
                found.users += 1;
                match earlier {
                    Some(earlier) => {
                        found.changed_factors += u64::from(ids(user) != ids(&earlier));
                        if user.password.is_some() && user.password != earlier.password {
                            take_password(restored, user).await?;
                            found.changed_password += 1;
                        }
                    }
                    None => found.deleted += 1,
                }
                report(&found);
            }
        }
        start = page.next;
        if start.is_none() {
            return Ok(found);
        }
    }
}

fn ids(user: &User) -> Vec<u64> {
    let mut ids = user.authenticators.iter().map(|it: &Authenticator| it.id).collect::<Vec<_>>();
    ids.sort_unstable();
    ids
}

/// Removes the password of a user, unless the user has set another one in the meantime.
async fn take_password(store: &Store, user: &User) -> Result<(), StoreError> {
    let outdated = &user.password;
    let decide = |user: User, again: Option<Again>| async move {
        let user = match again {
            None => Some(user),
            Some(_) => store.find::<User>(&user.key()).await?,
        };
        let Some(mut user) = user.filter(|user| user.password == *outdated) else { return Ok(Decision::Settled(())) };
        user.password = None;
        user.generation += 1;
        Ok(Decision::Write(vec![Write::replace(&user)?], (), user))
    };
    store.run(user.clone(), decide).await
}
