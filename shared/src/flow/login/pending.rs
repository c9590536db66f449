//! The login that waits at a stage, and whose it is.

use crate::account::User;
use crate::flow::{Context, Refusal};
use crate::session::{Caller, Login, Session, StageKey};
use crate::store::{Item, Store};

/// The login that waits at a stage, and whose it is.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where none does; the table is unavailable.
pub async fn find_user_at_stage(cx: Context<'_>, caller: &Caller, stage: StageKey) -> Result<User, Refusal> {
    // Whoever is in already is told what anybody is.
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

/// The login, past a stage.
pub(in crate::flow) fn with_completed(mut login: Login, stage: StageKey) -> Login {
    login.complete(stage);
    login
}

/// The user as they are now, if the caller's session still stands as it was read. Where it does not, another request has
/// taken the login further: that is [`Refusal::Conflict`], and no reason for a client to drop a token.
pub(in crate::flow) async fn reload(store: &Store, caller: &Caller, user: &User) -> Result<User, Refusal> {
    let gone = || Refusal::NotAuthenticated(Caller::Anonymous);
    let Some(session) = caller.session() else { return Err(gone()) };
    let (now, user) = store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    now.filter(|now| now.version == session.version).ok_or(Refusal::Conflict)?;
    // Whoever has changed their password meanwhile has shut this login out.
    let stands = |user: &User| session.login.as_ref().is_some_and(|login| login.generation == user.generation);
    user.filter(|user| user.is_active && stands(user)).ok_or_else(gone)
}
