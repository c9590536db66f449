//! Using a second factor, at a login or for reauthentication.

use super::limits::{Attempts, count, forget};
use super::{change::Work, webauthn};
use crate::account::User;
use crate::flow::login::engine::{LoginAttempt, with_record};
use crate::flow::login::pending::{reload, with_completed};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::session::{AuthenticationRecord, Caller, Session, StageKey, note_again};
use crate::store::{Again, Decision, Write};
use serde_json::Value as Json;

/// The input that proves a second factor.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// The answer of a security key or a passkey.
    Credential(&'a Json),
}

impl Proof<'_> {
    /// The field that contains it.
    fn param(self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Credential(_) => "credential",
        }
    }

    /// Checks the form of the input, before it is counted as an attempt.
    fn check(self) -> Result<(), Refusal> {
        match self {
            Self::Code(_) => Ok(()),
            Self::Credential(response) => webauthn::check(response),
        }
    }

    /// Marks the input as used by the first of the user's authenticators that accepts it. Returns the record of its
    /// use.
    fn use_up(self, cx: Context<'_>, session: &Session, user: &mut User) -> Result<AuthenticationRecord, Refusal> {
        match self {
            Self::Code(code) => {
                let used = user
                    .authenticators
                    .iter_mut()
                    .find_map(|it| it.use_code(cx.app, code).then(|| AuthenticationRecord::of_factor(it, cx.now())));
                Ok(used.ok_or_else(|| Problem::incorrect_code("code"))?)
            }
            Self::Credential(response) => webauthn::use_credential(cx, session, user, response),
        }
    }
}

/// Uses a second factor for a login. Each code or answer is accepted once, even if two requests send it at the same
/// moment.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn authenticate(cx: Context<'_>, caller: Caller, user: User, proof: Proof<'_>) -> Result<Outcome, Refusal> {
    proof.check()?;
    let key = count(cx, &user, Attempts::Showing, proof.param()).await?;
    let caller = &caller;
    let decide = |(mut user, mut reservations): (User, Reservations), again: Option<Again>| async move {
        if again.is_some() {
            user = reload(&cx.store, caller, &user).await?;
        }
        let session = caller.session().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let record = proof.use_up(cx, session, &mut user)?;
        let waiting = session.login.clone().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let login = with_completed(waiting, StageKey::MfaAuthenticate);
        let attempt =
            LoginAttempt { cx, caller, methods: with_record(cx, caller, &user, record), consumes_session: true };
        let (mut writes, outcome) = attempt.proceed(Some(&mut user), login, &mut reservations).await?;
        writes.push(Write::replace(&user)?);
        Ok::<_, Refusal>(Decision::Write(writes, outcome, (user, reservations)))
    };
    let outcome = cx.store.run((user, Reservations::default()), decide).await?;
    forget(cx, &key).await;
    Ok(outcome)
}

/// Uses a second factor for reauthentication of a logged-in user.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn reauthenticate(
    cx: Context<'_>,
    user: User,
    session: Session,
    proof: Proof<'_>,
) -> Result<Outcome, Refusal> {
    proof.check()?;
    let key = count(cx, &user, Attempts::Showing, proof.param()).await?;
    let work = Work { cx, user, session };
    let outcome = work.run(|work, _| {
        let (mut user, mut session) = (work.user.clone(), work.session.clone());
        let mut record = proof.use_up(cx, &session, &mut user)?;
        record.reauthenticated = true;
        note_again(&mut session.methods, record);
        session.ceremony = None;
        let writes = vec![Write::replace(&user)?, Write::replace(&session)?];
        user.version += 1;
        session.version += 1;
        Ok(Decision::Write(writes, Outcome::unchanged(Caller::User(Box::new((user, session)))), work))
    });
    let outcome = outcome.await?;
    forget(cx, &key).await;
    Ok(outcome)
}
