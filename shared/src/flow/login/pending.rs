//! The login that waits at a stage, and its user.

use crate::account::User;
use crate::flow::{Context, Refusal};
use crate::session::{Caller, Login, Session, StageKey};
use crate::store::{Item, Store};

/// Finds the user of the login that waits at a stage.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] if no login waits at the stage; the table is unavailable.
pub async fn find_user_at_stage(cx: Context<'_>, caller: &Caller, stage: StageKey) -> Result<User, Refusal> {
    // A logged-in caller gets the same answer as an anonymous one.
    let shown = if caller.user().is_some() { Caller::Anonymous } else { caller.clone() };
    let none = || Refusal::NotAuthenticated(shown.clone());
    let Caller::Pending(session) = caller else { return Err(none()) };
    if session.pending_stage(&cx.settings, cx.now()) != Some(stage) {
        return Err(none());
    }
    let login = session.login.as_ref().ok_or_else(none)?;
    let id = login.user.ok_or_else(none)?;
    let user = cx.store.find::<User>(&id.key()).await?;
    user.filter(|user| user.is_active && user.generation == login.generation).ok_or_else(none)
}

/// Returns the login with a stage marked as passed.
pub(in crate::flow) fn with_completed(mut login: Login, stage: StageKey) -> Login {
    login.complete(stage);
    login
}

/// Reads the user again, if the caller's session has not changed since it was read. If it has, another request has
/// continued the login. Then the result is [`Refusal::Conflict`], so that the client keeps its token.
pub(in crate::flow) async fn reload(store: &Store, caller: &Caller, user: &User) -> Result<User, Refusal> {
    let gone = || Refusal::NotAuthenticated(Caller::Anonymous);
    let Some(session) = caller.session() else { return Err(gone()) };
    let (now, user) = store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    now.filter(|now| now.version == session.version).ok_or(Refusal::Conflict)?;
    // If the user has changed the password in the meantime, the login has ended.
    let stands = |user: &User| session.login.as_ref().is_some_and(|login| login.generation == user.generation);
    user.filter(|user| user.is_active && stands(user)).ok_or_else(gone)
}
