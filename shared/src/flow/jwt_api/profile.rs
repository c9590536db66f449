//! The user's profile.

use crate::account::{User, UserId};
use crate::flow::Refusal;
use crate::session::{Session, refresh_again};
use crate::store::{Again, Decision, Store, Write};

/// Returns the user of an access token.
///
/// # Errors
/// [`Refusal::InvalidToken`] if the user no longer exists or is not allowed to log in; the table is unavailable.
pub async fn get(store: &Store, user: UserId) -> Result<User, Refusal> {
    let user = store.find::<User>(&user.key()).await?;
    user.filter(|user| user.is_active).ok_or(Refusal::InvalidToken)
}

/// Changes the names that are not `None`.
///
/// # Errors
/// [`Refusal::InvalidToken`] if the session of the request has ended; the table is unavailable.
pub async fn rename(
    store: &Store,
    user: User,
    session: Session,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> Result<User, Refusal> {
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let (user, session) = refresh_again(store, parts, again).await?.ok_or(Refusal::InvalidToken)?;
        let mut changed = user.clone();
        changed.first_name = first_name.unwrap_or(&user.first_name).to_owned();
        changed.last_name = last_name.unwrap_or(&user.last_name).to_owned();
        if changed.first_name == user.first_name && changed.last_name == user.last_name {
            return Ok(Decision::Settled(changed));
        }
        Ok(Decision::Write(vec![Write::replace(&changed)?], changed, (user, session)))
    };
    store.run((user, session), decide).await
}
