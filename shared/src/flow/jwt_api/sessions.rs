//! Refreshing and ending sessions (ASVS 5.0 10.4.5).

use crate::account::{User, UserId};
use crate::flow::{Context, Refusal};
use crate::jwt::{Client, Decision, Rules, decide};
use crate::metrics::Metric;
use crate::session::{Session, StageKey, list_sessions, refresh_again, user_session_key};
use crate::store::{self, Again, Store, Write};

/// Uses a refresh token with this `jti`, of a session that began at `started` (seconds of Unix time). Returns the
/// session whose tokens the client gets now. Each token can be used once. Any other token of a valid session is a copy,
/// so the session ends. That takes one conditional write. The current value of `JWT_ALLAUTH_SESSION_LIFETIME` also
/// applies to sessions that began with another value.
///
/// # Errors
/// [`Refusal::InvalidToken`], [`Refusal::StageRefused`], [`Refusal::SessionExpired`]; the table is unavailable.
pub async fn refresh(
    cx: Context<'_>,
    user: UserId,
    number: u64,
    started: i64,
    jti: &str,
) -> Result<(User, Session), Refusal> {
    let settings = &cx.settings.jwt_api;
    let rules = Rules { rotate: true, grace_seconds: settings.refresh_grace_seconds };
    let whose = Client::new(&cx.client.user_agent);
    let key = user_session_key(user, number);
    let (key, whose) = (&key, &whose);
    // Another request may be faster. If it used the same token, the next attempt finds that the token is used.
    let attempt = |(), _: Option<Again>| async move {
        let (session, user) = cx.store.find_two::<Session, User>(key, &user.key()).await?;
        let (Some(session), Some(user)) = (session, user) else { return Err(Refusal::InvalidToken) };
        let Some(bearer) = &session.bearer else { return Err(Refusal::InvalidToken) };
        if session.generation != user.generation || !user.is_active {
            return Err(Refusal::InvalidToken);
        }
        let presented = bearer.family.counter_of(jti);
        if presented == Some(bearer.family.counter) && bearer.waits_for_email && !user.has_verified_email(None) {
            return Err(Refusal::StageRefused(StageKey::VerifyEmail));
        }
        let mut family = bearer.family.clone();
        let lifetime = settings.session_lifetime.unwrap_or(i64::MAX);
        family.ends = family.started.min(started).saturating_add(lifetime);
        let decision = presented.map(|counter| decide(&family, counter, cx.now().seconds(), rules, whose));
        let next = match decision {
            Some(Decision::Rotate(next)) => next,
            Some(Decision::Keep | Decision::Repeat) => return Ok(store::Decision::Settled((user, session))),
            Some(Decision::RefuseSoftly) => return Err(Refusal::InvalidToken),
            Some(Decision::Expired) => {
                cx.store.commit_with_retries(vec![Write::discard(key.clone())]).await?;
                return Err(Refusal::SessionExpired);
            }
            Some(Decision::End) | None => {
                cx.store.commit_with_retries(vec![Write::discard(key.clone())]).await?;
                tracing::warn!(session = number, "a refresh token was used again: session ended");
                cx.metrics.record(cx.now(), Metric::RefreshTokenReuse);
                return Err(Refusal::InvalidToken);
            }
        };
        let mut renewed = session.clone();
        if let Some(bearer) = &mut renewed.bearer {
            bearer.family = next;
            renewed.ends = bearer.ends(settings.refresh_token_lifetime);
        }
        renewed.last_seen = Some(cx.now());
        let writes = vec![Write::replace(&renewed)?];
        renewed.version += 1;
        Ok(store::Decision::Write(writes, (user, renewed), ()))
    };
    cx.store.run((), attempt).await
}

/// Ends the session of a refresh token, even if the token is not the latest one. Of concurrent requests, only one
/// succeeds.
///
/// # Errors
/// [`Refusal::InvalidToken`] if there is no valid session; the table is unavailable.
pub async fn logout(store: &Store, user: UserId, number: u64) -> Result<(), Refusal> {
    let attempt = |(), _: Option<Again>| async move {
        let (_, session) = find_live(store, user, number).await?.ok_or(Refusal::InvalidToken)?;
        Ok(store::Decision::Write(vec![Write::delete(&session)], (), ()))
    };
    store.run((), attempt).await
}

/// Ends all sessions and logins of a user, in all APIs.
///
/// # Errors
/// [`Refusal::InvalidToken`] if the session of the request has ended; the table is unavailable.
pub async fn logout_all(store: &Store, user: User, session: Session) -> Result<(), Refusal> {
    let attempt = |parts: (User, Session), again: Option<Again>| async move {
        let (user, session) = refresh_again(store, parts, again).await?.ok_or(Refusal::InvalidToken)?;
        let mut changed = user.clone();
        changed.generation += 1;
        Ok(store::Decision::Write(vec![Write::replace(&changed)?], (), (user, session)))
    };
    store.run((user, session), attempt).await
}

/// Whether the user has a session that can be ended.
///
/// # Errors
/// The table is unavailable.
pub async fn has_any(store: &Store, user: UserId) -> Result<bool, Refusal> {
    match store.find::<User>(&user.key()).await? {
        Some(user) => Ok(!list_sessions(store, &user).await?.is_empty()),
        None => Ok(false),
    }
}

/// Finds the user and the session with this number, if the session is valid, with one request to the table.
///
/// # Errors
/// The table is unavailable.
pub async fn find_live(store: &Store, user: UserId, number: u64) -> Result<Option<(User, Session)>, Refusal> {
    let key = user_session_key(user, number);
    let (session, user) = store.find_two::<Session, User>(&key, &user.key()).await?;
    let is_live = |(user, session): &(User, Session)| {
        user.is_active && session.bearer.is_some() && session.generation == user.generation
    };
    Ok(user.zip(session).filter(is_live))
}
