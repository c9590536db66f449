//! Listing and ending the sessions of a user.

use crate::account::User;
use crate::session::{Session, list_sessions, user_session_key};
use crate::store::{Again, Decision, Item, Store, StoreError, Write};

/// Lists the user's valid sessions, the oldest first.
///
/// # Errors
/// The table is unavailable.
pub async fn list(store: &Store, user: &User) -> Result<Vec<Session>, StoreError> {
    list_sessions(store, user).await
}

/// Ends one session. Returns whether the user had a valid session with this number.
///
/// # Errors
/// The table is unavailable.
pub async fn end(store: &Store, user: &User, number: u64) -> Result<bool, StoreError> {
    let is_live = list(store, user).await?.iter().any(|session| session.number == number);
    if is_live {
        store.discard_all(&[user_session_key(user.id, number)]).await?;
    }
    Ok(is_live)
}

/// Ends all sessions of the user and all logins in progress. Their tokens become invalid.
///
/// # Errors
/// The table is unavailable.
pub async fn end_all(store: &Store, user: &User) -> Result<(), StoreError> {
    let decide = |user: User, again: Option<Again>| async move {
        let user = match again {
            None => Some(user),
            Some(_) => store.find::<User>(&user.key()).await?,
        };
        let Some(user) = user else { return Ok(Decision::Settled(())) };
        let ended = User { generation: user.generation + 1, ..user.clone() };
        Ok::<_, StoreError>(Decision::Write(vec![Write::replace(&ended)?], (), user))
    };
    store.run(user.clone(), decide).await
}
