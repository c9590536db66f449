//! Passwords of users.

use super::Operator;
use super::change::{Change, Failure};
use crate::account::{User, UserId};
use crate::flow::Problem;
use crate::flow::login::known_password::forget_failures;
use crate::flow::recovery::password_change::password_problems;
use crate::flow::recovery::password_reset::reset_mail;
use crate::outbox::MailKind;
use crate::store::Write;
use serde_json::json;

impl Operator<'_> {
    /// Sets the password of a user, and ends all their sessions. Failed logins are forgotten.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a weak password; [`Failure`].
    pub async fn set_password(&self, id: UserId, password: &str) -> Result<User, Failure> {
        self.check_password(password, &self.get(id).await?)?;
        let hash = &self.hash_password(password.to_owned()).await;
        let decide = |mut user: User| async move {
            let kind = if user.has_usable_password() { MailKind::PasswordChanged } else { MailKind::PasswordSet };
            user.password = Some(hash.clone());
            user.generation += 1;
            let writes = self.notify(&user, None, kind, json!({}))?.into_iter().collect();
            Ok(Some(Change { user, writes }))
        };
        let user = self.change(id, decide).await?;
        forget_failures(self.context(), id).await;
        Ok(user)
    }

    pub(super) fn check_password(&self, password: &str, user: &User) -> Result<(), Failure> {
        let mut problems = password_problems(&self.password_policy, "password", password, user);
        problems.extend(Problem::expect_text("password", Some(password)).err());
        if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
    }

    /// Sends a link to set a new password to the primary address of a user.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the user is disabled or has no address, or if the settings allow only codes, which are
    /// valid only where the user has asked for them; [`Failure`].
    pub async fn send_reset(&self, id: UserId) -> Result<User, Failure> {
        let user = self.get(id).await?;
        let write = self.reset_link(&user, MailKind::PasswordResetKey)?;
        self.store.commit_with_retries(vec![write]).await?;
        Ok(user)
    }

    /// The write of a mail of this kind with a link to set a password.
    pub(super) fn reset_link(&self, user: &User, kind: MailKind) -> Result<Write, Failure> {
        if self.settings.account.password_reset_by_code_enabled {
            let message = "Passwords are reset by code, which the user has to request.";
            return Err(Problem::general("reset_by_code", message).into());
        }
        let message = "The user is disabled, or has no email address.";
        let email = user.primary_email().filter(|_| user.is_active);
        let email = email.ok_or_else(|| Problem::general("no_recipient", message))?;
        Ok(Write::create(&reset_mail(self.context(), kind, user, email))?)
    }
}
