//! Changing a password, or setting a first one.

use crate::account::User;
use crate::flow::login::known_password::is_right;
use crate::flow::notify::notify;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::MailKind;
use crate::secret::strength::{Policy, weaknesses};
use crate::session::{Caller, Session, refresh_again};
use crate::store::{Again, Decision, Write};
use serde_json::json;

/// The problems of a new password of this user.
pub(in crate::flow) fn password_problems(
    policy: &Policy,
    param: &'static str,
    password: &str,
    user: &User,
) -> Vec<Problem> {
    let weak = weaknesses(password, &user.attributes_for_passwords(), policy);
    weak.into_iter().map(|weakness| Problem::field(param, weakness.code, weakness.message)).collect()
}

/// Changes the password, and ends all other sessions and logins of the user. The caller gets a new session, or is
/// logged out if `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE` is set. A wrong current password counts as a failed login.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::NotAuthenticated`] if another request has ended the session; the table is
/// unavailable.
pub async fn change(
    cx: Context<'_>,
    user: User,
    session: Session,
    current: Option<String>,
    new: Option<String>,
    mut problems: Vec<Problem>,
) -> Result<Outcome, Refusal> {
    let had_password = user.has_usable_password();
    let unread = |field| problems.iter().any(|problem| problem.param == Some(field));
    let (current_unread, new_unread) = (unread("current_password"), unread("new_password"));
    match &current {
        None if had_password && !current_unread => problems.push(Problem::required("current_password")),
        None => {}
        Some(current) => match is_right(cx, &user, current.clone()).await {
            Ok(true) => {}
            Ok(false) => {
                let message = "Please type your current password.";
                problems.push(Problem::field("current_password", "enter_current_password", message));
            }
            Err(Refusal::TooManyLoginAttempts) => {
                problems.push(Problem { param: Some("current_password"), ..Problem::too_many_login_attempts() });
            }
            Err(other) => return Err(other),
        },
    }
    match &new {
        None if new_unread => {}
        None => problems.push(Problem::required("new_password")),
        Some(new) => problems.extend(password_problems(&cx.password_policy, "new_password", new, &user)),
    }
    let Some(new) = new.filter(|_| problems.is_empty()) else { return Err(Refusal::Invalid(problems)) };
    let hash = cx.hash_password(new).await;
    let hash = &hash;
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        // If another request has changed the password in the meantime, it has also ended this session.
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        let mut changed = user.clone();
        changed.password = Some(hash.clone());
        changed.generation += 1;
        let mut writes = vec![Write::replace(&changed)?, Write::delete(&session)];
        changed.version += 1;
        let kind = if had_password { MailKind::PasswordChanged } else { MailKind::PasswordSet };
        writes.extend(notify(cx, &changed, None, kind, json!({}))?);
        let outcome = if cx.settings.account.logout_on_password_change {
            Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) }
        } else {
            let (mut next, token) = Session::of_user(cx.app, &changed, cx.client);
            next.methods.clone_from(&session.methods);
            writes.push(Write::create(&next)?);
            next.version = 1;
            let caller = Caller::User(Box::new((changed, next)));
            Outcome { issued: Some(token), ..Outcome::unchanged(caller) }
        };
        Ok(Decision::Write(writes, outcome, (user, session)))
    };
    cx.store.run((user, session), decide).await
}
