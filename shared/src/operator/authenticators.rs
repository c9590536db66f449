//! Second factors and passkeys of users.

use super::Operator;
use super::change::{Change, Failure};
use crate::account::{Authenticator, CredentialClaim, User, UserId};
use crate::flow::Problem;
use crate::flow::mfa::change::end_other_sessions;
use crate::outbox::MailKind;
use crate::store::{Item, Write};
use serde_json::json;

impl Operator<'_> {
    /// Removes all authenticators of a user: apps, recovery codes, security keys and passkeys.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn reset_mfa(&self, id: UserId) -> Result<User, Failure> {
        self.change(id, |user| async move { self.without(user, |_| true) }).await
    }

    /// Removes one authenticator of a user. If no second factor is left, the recovery codes are removed too.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the user does not have it; [`Failure`].
    pub async fn remove_authenticator(&self, id: UserId, authenticator: u64) -> Result<User, Failure> {
        let decide = |user: User| async move {
            let change = self.without(user, |it| it.id == authenticator)?;
            let message = "The user does not have this authenticator.";
            Ok(Some(change.ok_or_else(|| Problem::field("authenticator", "unknown_authenticator", message))?))
        };
        self.change(id, decide).await
    }

    fn without(&self, mut user: User, is_removed: impl Fn(&Authenticator) -> bool) -> Result<Option<Change>, Failure> {
        let before = user.authenticators.clone();
        user.remove_authenticators(is_removed);
        let is_gone = |it: &&Authenticator| !user.authenticators.iter().any(|left| left.id == it.id);
        let gone = before.iter().filter(is_gone).collect::<Vec<_>>();
        if gone.is_empty() {
            return Ok(None);
        }
        let credentials = gone.iter().filter_map(|it| it.credential());
        let mut writes =
            credentials.map(|it| Write::discard(CredentialClaim::new(it, user.id).key())).collect::<Vec<_>>();
        end_other_sessions(&self.settings, &mut user);
        for (kind, mail) in [("totp", MailKind::TotpDeactivated), ("webauthn", MailKind::WebauthnRemoved)] {
            if gone.iter().any(|it| it.factor.kind() == kind) {
                writes.extend(self.notify(&user, None, mail, json!({}))?);
            }
        }
        Ok(Some(Change { user, writes }))
    }
}
