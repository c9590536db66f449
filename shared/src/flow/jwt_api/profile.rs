//! What users see and change of themselves.

use super::Denied;
use crate::account::{User, UserId};
use crate::app::App;
use crate::store::{Committed, Write};

/// The user of an access token.
///
/// # Errors
/// [`Denied::InvalidToken`] where they are no more, or may not log in; the table is unavailable.
pub async fn get(app: &App, user: UserId) -> Result<User, Denied> {
    let user = app.store.find::<User>(&user.key()).await?;
    user.filter(|user| user.is_active).ok_or(Denied::InvalidToken)
}

/// Changes the names that are given.
///
/// # Errors
/// As [`get`].
pub async fn rename(
    app: &App,
    user: UserId,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> Result<User, Denied> {
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let before = get(app, user).await?;
        let mut changed = before.clone();
        changed.first_name = first_name.unwrap_or(&before.first_name).to_owned();
        changed.last_name = last_name.unwrap_or(&before.last_name).to_owned();
        if changed.first_name == before.first_name && changed.last_name == before.last_name {
            return Ok(before);
        }
        if let Committed::Done = app.store.commit(vec![Write::replace(&changed)?]).await? {
            return Ok(changed);
        }
    }
}
