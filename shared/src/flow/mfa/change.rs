//! Changing the second factors of a user.

use crate::account::User;
use crate::flow::addresses::trust::are_all_verified;
use crate::flow::login::reauthentication::require_recent;
use crate::flow::notify::notify;
use crate::flow::{Context, Problem, Refusal};
use crate::outbox::MailKind;
use crate::session::{Caller, Session, refresh_again};
use crate::settings::Settings;
use crate::store::{Again, Decision, StoreError, Write};
use serde_json::json;

/// A change of a user's authenticators, made in a session of the user.
pub(in crate::flow) struct Work<'a> {
    pub cx: Context<'a>,
    pub user: User,
    pub session: Session,
}

impl Work<'_> {
    /// Runs the change until it is written. `decide` gets the current user and session, and decides without I/O.
    ///
    /// # Errors
    /// The refusal of `decide`; [`Refusal::NotAuthenticated`] if the session has ended; the table is unavailable.
    pub async fn run<T>(
        self,
        decide: impl Fn(Self, Option<Again>) -> Result<Decision<Self, T>, Refusal>,
    ) -> Result<T, Refusal> {
        let (app, decide) = (self.cx.app, &decide);
        let attempt = |work: Self, again: Option<Again>| async move {
            let parts = refresh_again(&app.store, (work.user, work.session), again).await?;
            let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
            decide(Self { user, session, ..work }, again)
        };
        app.store.run(self, attempt).await
    }

    /// The writes of a change of the user's second factors. All other sessions and logins of the account end.
    pub fn change(&self, mut user: User, mut session: Session, more: Vec<Write>) -> Result<Vec<Write>, StoreError> {
        end_other_sessions(&self.cx.settings, &mut user);
        session.generation = user.generation;
        let mut writes = vec![Write::replace(&user)?, Write::replace(&session)?];
        writes.extend(more);
        Ok(writes)
    }

    pub fn require_recent(&self) -> Result<(), Refusal> {
        require_recent(self.cx, &self.user, &self.session, self.cx.settings.mfa.reauthentication_required)
    }

    pub fn tell(&self, kind: MailKind) -> Result<Vec<Write>, Refusal> {
        Ok(notify(self.cx, &self.user, None, kind, json!({}))?.into_iter().collect())
    }
}

/// Checks that the user is allowed to set up a second factor: all addresses have to be verified. Otherwise an attacker
/// who signed up with another person's address could lock the owner out.
///
/// # Errors
/// Why the user is not allowed to.
pub fn may_add(settings: &Settings, user: &User) -> Result<(), Problem> {
    if are_all_verified(settings, user) || settings.mfa.allow_unverified_email {
        return Ok(());
    }
    let message = "You cannot activate two-factor authentication until you have verified your email address.";
    Err(Problem::general("unverified_email", message))
}

/// Ends all sessions and logins of a user whose second factors change. The session that makes the change is written
/// with the new generation, so it continues (ASVS 5.0 7.4.3; `LATCHKEY_MFA_CHANGE_ENDS_SESSIONS`).
pub(in crate::flow) fn end_other_sessions(settings: &Settings, user: &mut User) {
    user.generation += u64::from(settings.mfa.change_ends_sessions);
}
