//! Changing a password.

use super::links::password_problems;
use super::login_state::open;
use crate::account::User;
use crate::flow::notify::notify;
use crate::flow::{Context, Problem, Refusal};
use crate::outbox::MailKind;
use crate::secret::strength::Policy;
use crate::session::{Session, refresh_again};
use crate::store::{Again, Decision, Write};
use serde_json::json;

/// The problems of a new password that the user typed twice.
pub fn problems(policy: &Policy, user: &User, first: &str, second: &str) -> Vec<Problem> {
    password_problems(policy, user, first, second)
}

/// Sets a new password, which was already checked. If `LOGOUT_ON_PASSWORD_CHANGE` is set, all sessions and logins end,
/// and the caller gets a new session.
///
/// # Errors
/// [`Refusal::InvalidToken`] if another request has ended the session; the table is unavailable.
pub async fn change(
    cx: Context<'_>,
    user: User,
    session: Session,
    new: String,
) -> Result<Option<(User, Session)>, Refusal> {
    let hash = cx.hash_password(new).await;
    let had_password = user.has_usable_password();
    let hash = &hash;
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let (user, session) = refresh_again(&cx.store, parts, again).await?.ok_or(Refusal::InvalidToken)?;
        let mut changed = user.clone();
        changed.password = Some(hash.clone());
        let logs_out = cx.settings.jwt_api.logout_on_password_change;
        changed.generation += u64::from(logs_out);
        let mut writes = vec![Write::replace(&changed)?];
        changed.version += 1;
        let kind = if had_password { MailKind::PasswordChanged } else { MailKind::PasswordSet };
        writes.extend(notify(cx, &changed, None, kind, json!({}))?);
        let mut opened = None;
        if logs_out {
            let (next, write) = open(cx, &changed, "password", false)?;
            writes.push(write);
            opened = Some((changed, next));
        }
        Ok(Decision::Write(writes, opened, (user, session)))
    };
    cx.store.run((user, session), decide).await
}
