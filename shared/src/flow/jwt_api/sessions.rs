//! Refreshing and ending sessions (ASVS 5.0 10.4.5).

use super::Denied;
use crate::account::{User, UserId};
use crate::app::App;
use crate::jwt::{Client, Decision, Rules, decide};
use crate::session::ClientInfo;
use crate::session::{Session, user_session_key};
use crate::store::{Committed, Write};

/// Takes a refresh token, of which this is the `jti`, of a session that began at `started` (seconds of Unix time): the
/// session whose tokens its holder gets now. Each is good once; with any other of a live session somebody has a copy, and
/// the session ends. That is one conditional write. `JWT_ALLAUTH_SESSION_LIFETIME` counts as it is now, also for sessions
/// that began under another.
///
/// # Errors
/// [`Denied::InvalidToken`], [`Denied::NotVerified`], [`Denied::SessionExpired`]; the table is unavailable.
pub async fn refresh(
    app: &App,
    client: &ClientInfo,
    user: UserId,
    number: u64,
    started: i64,
    jti: &str,
) -> Result<(User, Session), Denied> {
    let settings = &app.settings.jwt_api;
    let rules = Rules { rotate: true, grace_seconds: settings.refresh_grace_seconds };
    let whose = Client::new(&client.user_agent);
    let key = user_session_key(user, number);
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let (session, user) = app.store.find_two::<Session, User>(&key, &user.key()).await?;
        let (Some(session), Some(user)) = (session, user) else { return Err(Denied::InvalidToken) };
        let Some(bearer) = &session.bearer else { return Err(Denied::InvalidToken) };
        if session.generation != user.generation || !user.is_active {
            return Err(Denied::InvalidToken);
        }
        let presented = bearer.family.counter_of(jti);
        if presented == Some(bearer.family.counter) && bearer.waits_for_email && !user.has_verified_email(None) {
            return Err(Denied::NotVerified);
        }
        let mut family = bearer.family.clone();
        let lifetime = settings.session_lifetime.unwrap_or(i64::MAX);
        family.ends = family.started.min(started).saturating_add(lifetime);
        let decision = presented.map(|counter| decide(&family, counter, app.now().seconds(), rules, &whose));
        let next = match decision {
            Some(Decision::Rotate(next)) => next,
            Some(Decision::Keep | Decision::Repeat) => return Ok((user, session)),
            Some(Decision::RefuseSoftly) => return Err(Denied::InvalidToken),
            Some(Decision::Expired) => {
                app.store.insist(vec![Write::discard(key)]).await?;
                return Err(Denied::SessionExpired);
            }
            Some(Decision::End) | None => {
                app.store.insist(vec![Write::discard(key)]).await?;
                return Err(Denied::InvalidToken);
            }
        };
        let mut renewed = session.clone();
        if let Some(bearer) = &mut renewed.bearer {
            bearer.family = next;
            renewed.ends = bearer.ends(settings.refresh_token_lifetime);
        }
        renewed.last_seen = Some(app.now());
        if let Committed::Done = app.store.commit(vec![Write::replace(&renewed)?]).await? {
            renewed.version += 1;
            return Ok((user, renewed));
        }
        // Somebody was faster. If it was with the same token, that is used now, and the next look shows it.
    }
}

/// Ends the session of a refresh token, whether that is the latest or not. Of requests at the same moment one does it.
///
/// # Errors
/// [`Denied::InvalidToken`] where there is none to end; the table is unavailable.
pub async fn logout(app: &App, user: UserId, number: u64) -> Result<(), Denied> {
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let session = find_live(app, user, number).await?.ok_or(Denied::InvalidToken)?;
        if let Committed::Done = app.store.commit(vec![Write::delete(&session)]).await? {
            return Ok(());
        }
    }
}

/// Ends every session and every login of a user, of this API and the others.
///
/// # Errors
/// [`Denied::InvalidToken`] where the user is no more; the table is unavailable.
pub async fn logout_all(app: &App, user: UserId) -> Result<(), Denied> {
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let mut user = app.store.find::<User>(&user.key()).await?.ok_or(Denied::InvalidToken)?;
        user.generation += 1;
        if let Committed::Done = app.store.commit(vec![Write::replace(&user)?]).await? {
            return Ok(());
        }
    }
}

/// Whether a session still stands.
///
/// # Errors
/// The table is unavailable.
pub async fn is_live(app: &App, user: UserId, number: u64) -> Result<bool, Denied> {
    Ok(find_live(app, user, number).await?.is_some())
}

async fn find_live(app: &App, user: UserId, number: u64) -> Result<Option<Session>, Denied> {
    let key = user_session_key(user, number);
    let (session, user) = app.store.find_two::<Session, User>(&key, &user.key()).await?;
    let Some(user) = user.filter(|user| user.is_active) else { return Ok(None) };
    Ok(session.filter(|session| session.bearer.is_some() && session.generation == user.generation))
}
