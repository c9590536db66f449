//! Resetting a forgotten password with a link, and setting the first password of an invitation. A link can be exchanged
//! once for a capability, and the capability once for a password.

use super::links::password_problems;
use super::login_state::JwtLogin;
use super::{LoginState, is_email_verified};
use crate::account::User;
use crate::flow::login::known_password::forget_failures;
use crate::flow::login::password::{find_users, users_by_email};
use crate::flow::notify::notify;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Refusal, api_url};
use crate::outbox::{MailKind, Message};
use crate::secret::{decode, encode};
use crate::settings::RateAction;
use crate::store::{Again, Decision, Write};
use crate::ticket::{Purpose, Ticket, find_ticket, find_ticket_of};
use serde_json::json;

/// Mails a link to the users who are allowed to reset a password with this address. The answer is the same for every
/// address.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn request(cx: Context<'_>, email: &str) -> Result<(), Refusal> {
    let mut reservations = Reservations::default();
    let reservation = reservations.reserve(cx, RateAction::ResetPassword, email);
    let users = async { find_users(&cx.store, users_by_email(&cx.store, email).await?).await };
    let (granted, users) = futures_util::try_join!(reservation, users)?;
    if !granted {
        return Err(reservations.refusal());
    }
    let may = |user: &User| {
        user.is_active && user.has_usable_password() && is_email_verified(&cx.settings, user, Some(email))
    };
    let mut writes = Vec::new();
    for user in users.into_iter().flatten().filter(may) {
        let lifetime = cx.settings.account.password_reset_timeout;
        let (ticket, text) = Ticket::new(cx.app, Purpose::ResetLink, &user, lifetime);
        let Some((uid, token)) = split(&text) else { continue };
        let url = api_url(&cx.settings, &format!("/password/reset/confirm/{uid}/{token}/"));
        let params = json!({"url": url, "username": user.username});
        // A newer link replaces the one before.
        writes.push(Write::overwrite(&ticket)?);
        writes.push(Write::create(&Message::mail(cx.app, MailKind::PasswordResetKey, email, params, lifetime))?);
    }
    if writes.is_empty() {
        writes.push(Write::overwrite(&Ticket::dummy(cx.app, Purpose::ResetLink, 60).0)?);
        writes.push(Write::create(&Message::decoy(cx.app))?);
    }
    cx.store.commit_with_retries(writes).await?;
    Ok(())
}

/// Splits the text of a ticket into the two parts of a link's path: the user's id and the secret.
fn split(text: &str) -> Option<(String, String)> {
    let bytes = decode(text)?;
    let (user, secret) = bytes.split_first_chunk::<16>()?;
    Some((encode(user), encode(secret)))
}

/// Joins the two parts that [`split`] returns.
fn join(uid: &str, token: &str) -> Option<String> {
    Some(encode(&[decode(uid)?, decode(token)?].concat()))
}

/// Exchanges a link once for the capability to set a password. A change of the password, the addresses or the last
/// login makes the link invalid. The capability replaces an earlier one.
///
/// # Errors
/// [`Refusal::InvalidToken`]; the table is unavailable.
pub async fn confirm(cx: Context<'_>, uid: &str, token: &str) -> Result<(User, String), Refusal> {
    let text = join(uid, token).ok_or(Refusal::InvalidToken)?;
    let text = &text;
    let decide = |(), _: Option<Again>| async move {
        let found = find_ticket(&cx.store, Purpose::ResetLink, text).await?;
        let (ticket, user) = found.ok_or(Refusal::InvalidToken)?;
        let lifetime = cx.settings.jwt_api.access_token_lifetime;
        let (capability, text) = Ticket::new(cx.app, Purpose::ResetCapability, &user, lifetime);
        let writes = vec![Write::delete(&ticket), Write::overwrite(&capability)?];
        Ok(Decision::Write(writes, (user, text), ()))
    };
    cx.store.run((), decide).await
}

/// Exchanges a capability once for a password, which the user typed twice. `passwords` is `None` if the body is
/// invalid; this uses up the capability too. A second factor is required as at a login.
///
/// # Errors
/// [`Refusal::InvalidToken`]; [`Refusal::Invalid`]; the table is unavailable.
pub async fn redeem(
    cx: Context<'_>,
    purpose: Purpose,
    text: &str,
    passwords: Option<(String, String)>,
) -> Result<LoginState, Refusal> {
    let passwords = &passwords;
    let decide = |hash: Option<String>, _: Option<Again>| async move {
        let (ticket, user) = find_ticket(&cx.store, purpose, text).await?.ok_or(Refusal::InvalidToken)?;
        let refused = match passwords {
            None => Some(Refusal::Invalid(Vec::new())),
            Some((first, second)) => {
                let problems = password_problems(&cx.password_policy, &user, first, second);
                (!problems.is_empty()).then_some(Refusal::Invalid(problems))
            }
        };
        if let Some(refused) = refused {
            return Ok(Decision::Write(vec![Write::delete(&ticket)], Err(refused), hash));
        }
        let hash = match hash {
            Some(hash) => hash,
            None => {
                let password = passwords.as_ref().map(|(first, _)| first.clone()).unwrap_or_default();
                cx.hash_password(password).await
            }
        };
        let mut changed = user.clone();
        changed.password = Some(hash.clone());
        changed.generation += u64::from(cx.settings.jwt_api.logout_on_password_change);
        let mut writes = vec![Write::delete(&ticket), Write::replace(&changed)?];
        changed.version += 1;
        let (kind, method) = match purpose {
            Purpose::SetCapability => (MailKind::PasswordSet, "password_set"),
            _ => (MailKind::PasswordReset, "password_reset"),
        };
        writes.extend(notify(cx, &changed, None, kind, json!({}))?);
        if purpose == Purpose::SetCapability
            && let Some(invitation) = find_ticket_of(&cx.store, Purpose::Invitation, &user).await?
        {
            writes.push(Write::delete(&invitation));
        }
        let attempt = JwtLogin { cx, method, completed: &[], signup: false };
        let (more, state) = attempt.proceed_if_possible(&changed).await?;
        writes.extend(more);
        Ok(Decision::Write(writes, Ok((state, user.id)), Some(hash)))
    };
    let done: Result<_, Refusal> = cx.store.run(None, decide).await;
    let (state, user) = done??;
    forget_failures(cx, user).await;
    Ok(state)
}
