//! Changing a password.

use super::{Denied, open, password_problems};
use crate::account::{User, UserId};
use crate::app::App;
use crate::flow::Problem;
use crate::flow::notify::notify;
use crate::secret::password::Verdict;
use crate::session::{ClientInfo, Session};
use crate::store::{Committed, Write};
use crate::throttle::Action;
use serde_json::json;

/// Whether this is the user's password. Wrong ones count as failed logins of the account.
///
/// # Errors
/// [`Denied::WrongPassword`], [`Denied::TooManyLogins`]; the table is unavailable.
pub async fn check(app: &App, client: &ClientInfo, user: &User, password: &str) -> Result<(), Denied> {
    let key = user.primary_email().unwrap_or_default().to_lowercase();
    let consumed = app.consume(client.ip, &[Action::about("login_failed", &key)]).await?;
    let usage = consumed.map_err(|_| Denied::TooManyLogins)?;
    if app.verify_password(password.to_owned(), user.password.clone()).await == Verdict::Wrong {
        return Err(Denied::WrongPassword);
    }
    app.give_back(&usage, None).await;
    Ok(())
}

/// What is wrong with a new password of this user, typed twice.
pub fn problems(app: &App, user: &User, first: &str, second: &str) -> Vec<Problem> {
    password_problems(app, user, first, second)
}

/// Gives the user a new password, which was found good. Where `LOGOUT_ON_PASSWORD_CHANGE` says so every session and
/// login ends, and the caller goes on in a new one.
///
/// # Errors
/// [`Denied::InvalidToken`] where another request was faster in doing the like; the table is unavailable.
pub async fn change(
    app: &App,
    client: &ClientInfo,
    user: User,
    new: String,
) -> Result<Option<(User, Session)>, Denied> {
    let hash = app.hash_password(new).await;
    let had_password = user.has_usable_password();
    let generation = user.generation;
    let mut user = user;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let mut changed = user.clone();
        changed.password = Some(hash.clone());
        let logs_out = app.settings.jwt_api.logout_on_password_change;
        changed.generation += u64::from(logs_out);
        let mut writes = vec![Write::replace(&changed)?];
        changed.version += 1;
        let kind = if had_password { "password_changed" } else { "password_set" };
        writes.extend(notify(app, client, &changed, None, kind, json!({}))?);
        let mut opened = None;
        if logs_out {
            let (session, write) = open(app, client, &changed, "password", false)?;
            writes.push(write);
            opened = Some((changed, session));
        }
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(opened);
        }
        user = reload(app, user.id, generation).await?;
    }
}

async fn reload(app: &App, id: UserId, generation: u64) -> Result<User, Denied> {
    let user = app.store.find::<User>(&id.key()).await?;
    user.filter(|user| user.is_active && user.generation == generation).ok_or(Denied::InvalidToken)
}
