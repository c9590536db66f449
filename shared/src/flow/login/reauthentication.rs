//! Reauthentication before sensitive operations (ASVS 5.0 7.5.1).

use crate::account::User;
use crate::flow::login::known_password::is_right;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::session::{AuthenticationRecord, Caller, Session, note_again, refresh_again};
use crate::store::{Again, Decision, Write};

/// Whether the user has a credential to reauthenticate with.
pub fn is_possible(user: &User) -> bool {
    user.has_usable_password() || !user.authenticators.is_empty()
}

/// The kind of authentication that counts as recent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recent {
    /// A reauthentication, as the headless API requires it.
    Again,
    /// A reauthentication or a login, for APIs that have no endpoint for reauthentication.
    Login,
}

/// Checks that the user has reauthenticated recently. Also succeeds if this is not required or the user has no
/// credential for it.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`].
pub(in crate::flow) fn require_recent(
    cx: Context<'_>,
    user: &User,
    session: &Session,
    required: bool,
) -> Result<(), Refusal> {
    require(cx, user, session, required, Recent::Again)
}

/// The same as [`require_recent`], with the kind of authentication that counts.
pub(in crate::flow) fn require(
    cx: Context<'_>,
    user: &User,
    session: &Session,
    required: bool,
    recent: Recent,
) -> Result<(), Refusal> {
    if !required || !is_possible(user) || is_recent(cx, session, recent) {
        return Ok(());
    }
    let caller = Caller::User(Box::new((user.clone(), session.clone())));
    Err(Refusal::ReauthenticationRequired(caller))
}

fn is_recent(cx: Context<'_>, session: &Session, recent: Recent) -> bool {
    let mut latest_first = session.methods.iter().rev();
    let latest = latest_first.find(|record| record.reauthenticated || recent == Recent::Login);
    let timeout = cx.settings.account.reauthentication_timeout;
    latest.is_some_and(|record| cx.now() < record.at.plus_seconds(timeout))
}

/// Records that the user has entered their password again. The session and its token stay the same.
///
/// # Errors
/// [`Refusal::Invalid`] for a wrong password, and after too many failures; the table is unavailable.
pub async fn by_password(cx: Context<'_>, user: User, session: Session, password: String) -> Result<Outcome, Refusal> {
    match is_right(cx, &user, password).await {
        Ok(true) => {}
        Ok(false) => return Err(Problem::field("password", "incorrect_password", "Incorrect password.").into()),
        Err(Refusal::TooManyLoginAttempts) => {
            return Err(Problem { param: Some("password"), ..Problem::too_many_login_attempts() }.into());
        }
        Err(other) => return Err(other),
    }
    let mut record = AuthenticationRecord::new("password", cx.now());
    record.reauthenticated = true;
    let record = &record;
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        let mut noted = session.clone();
        note_again(&mut noted.methods, record.clone());
        let writes = vec![Write::replace(&noted)?];
        let outcome = Outcome::unchanged(Caller::User(Box::new((user.clone(), noted))));
        Ok(Decision::Write(writes, outcome, (user, session)))
    };
    cx.store.run((user, session), decide).await
}
