//! The login that waits at a stage, and whose it is.

use crate::account::User;
use crate::app::App;
use crate::flow::Refusal;
use crate::session::{Caller, Login, Session, StageKey};
use crate::store::Item;

/// The login that waits at a stage, and whose it is.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where none does; the table is unavailable.
pub async fn find_waiting(app: &App, caller: &Caller, stage: StageKey) -> Result<User, Refusal> {
    // Whoever is in already is told what anybody is.
    let told = if caller.user().is_some() { Caller::Anonymous } else { caller.clone() };
    let none = || Refusal::NotAuthenticated(told.clone());
    let Caller::Pending(session) = caller else { return Err(none()) };
    if session.pending_stage(&app.settings, app.now()) != Some(stage) {
        return Err(none());
    }
    let login = session.login.as_ref().ok_or_else(none)?;
    let id = login.user.ok_or_else(none)?;
    let user = app.store.find::<User>(&id.key()).await?;
    user.filter(|user| user.is_active && user.generation == login.generation).ok_or_else(none)
}

/// A caller who waits for a second factor, with the factors that they have now.
///
/// # Errors
/// The table is unavailable.
pub async fn with_factors(app: &App, caller: Caller) -> Result<Caller, Refusal> {
    let Caller::Pending(mut session) = caller else { return Ok(caller) };
    if session.pending_stage(&app.settings, app.now()) == Some(StageKey::MfaAuthenticate)
        && let Some(login) = session.login.as_mut()
        && let Some(id) = login.user
        && let Some(user) = app.store.find::<User>(&id.key()).await?
    {
        login.factors = user.factor_kinds();
    }
    Ok(Caller::Pending(session))
}

pub(super) fn past(mut login: Login, stage: StageKey) -> Login {
    login.handled.push(stage);
    login
}

/// The user as they are now, if the caller's session still stands as it was read. Where it does not, another request has
/// taken the login further: that is [`Refusal::Conflict`], and no reason for a client to drop a token.
pub(super) async fn reload(app: &App, caller: &Caller, user: &User) -> Result<User, Refusal> {
    let gone = || Refusal::NotAuthenticated(Caller::Anonymous);
    let Some(session) = caller.session() else { return Err(gone()) };
    let (now, user) = app.store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    now.filter(|now| now.version == session.version).ok_or(Refusal::Conflict)?;
    // Whoever has changed their password meanwhile has shut this login out.
    let stands = |user: &User| session.login.as_ref().is_some_and(|login| login.generation == user.generation);
    user.filter(|user| user.is_active && stands(user)).ok_or_else(gone)
}
