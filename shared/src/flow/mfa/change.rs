//! Changing what second factors somebody has.

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

/// A user who changes their authenticators.
pub(in crate::flow) struct Work<'a> {
    pub cx: Context<'a>,
    pub user: User,
    pub session: Session,
}

impl Work<'_> {
    /// Runs the change until it is written. It is decided on the user and the session as they are, without I/O.
    ///
    /// # Errors
    /// What `decide` refuses; [`Refusal::NotAuthenticated`] where the session has ended; the table is unavailable.
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

    /// The writes of a change of what the user's second factors are: every other session and login of the account ends.
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

/// Whether the user may set a second factor up: not before their addresses are verified, lest somebody who signed up
/// with another's address shuts the owner out.
///
/// # Errors
/// What stands against it.
pub fn may_add(settings: &Settings, user: &User) -> Result<(), Problem> {
    if are_all_verified(settings, user) || settings.mfa.allow_unverified_email {
        return Ok(());
    }
    let message = "You cannot activate two-factor authentication until you have verified your email address.";
    Err(Problem::general("unverified_email", message))
}

/// Ends every session and login of a user whose second factors change, but for the one that changes them, which is written
/// with the new generation (ASVS 5.0 7.4.3; `LATCHKEY_MFA_CHANGE_ENDS_SESSIONS`).
pub(in crate::flow) fn end_other_sessions(settings: &Settings, user: &mut User) {
    user.generation += u64::from(settings.mfa.change_ends_sessions);
}
