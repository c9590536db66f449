//! Email addresses of users.

use super::Operator;
use super::change::{Change, Failure};
use crate::account::{Address, User, UserId, claim_email, find_email_claims, is_email, lower_email, release_email};
use crate::flow::Problem;
use crate::flow::addresses::email_addresses::{Change as Rule, may_change};
use crate::flow::proven_email::{ProvenEmail, mark_verified};
use crate::outbox::MailKind;
use serde_json::json;

impl Operator<'_> {
    /// Marks an address of a user as verified; without `email`, the primary one.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the user does not have the address, or if another user has verified it; [`Failure`].
    pub async fn verify_email(&self, id: UserId, email: Option<&str>) -> Result<User, Failure> {
        let decide = |mut user: User| async move {
            let address = match email {
                Some(email) => own(&user, email)?,
                None => user.address_to_verify().ok_or_else(unknown)?.clone(),
            };
            if address.verified {
                return Ok(None);
            }
            let claims = find_email_claims(&self.store, &address.email).await?;
            let proof = ProvenEmail { email: address.email, user: user.clone(), claims };
            let writes = mark_verified(self.context(), &mut user, &proof).await?;
            Ok(Some(Change { user, writes }))
        };
        self.change(id, decide).await
    }

    /// Adds an address to a user.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the address is invalid or in use; [`Failure`].
    pub async fn add_email(&self, id: UserId, email: &str, verified: bool) -> Result<User, Failure> {
        let email = &read_email(email)?;
        let decide = |mut user: User| async move {
            if user.address(email).is_some() {
                let message = "This email address is already associated with this account.";
                return Err(Problem::field("email", "duplicate_email", message).into());
            }
            if user.addresses.len() >= User::MOST_ADDRESSES {
                let message = format!("A user cannot have more than {} email addresses.", User::MOST_ADDRESSES);
                return Err(Problem::field("email", "max_email_addresses", message).into());
            }
            let claims = find_email_claims(&self.store, email).await?;
            if self.settings.account.unique_email && !claims.is_empty() {
                return Err(Problem::email_taken("email").into());
            }
            let is_first = user.addresses.is_empty();
            user.addresses.push(Address::new(email, is_first, self.random()));
            let writes = if verified {
                let proof = ProvenEmail { email: email.clone(), user: user.clone(), claims };
                mark_verified(self.context(), &mut user, &proof).await?
            } else {
                vec![claim_email(&claims, email, user.id)?]
            };
            Ok(Some(Change { user, writes }))
        };
        self.change(id, decide).await
    }

    /// Removes an address of a user.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the user does not have the address, or if it is the primary one; [`Failure`].
    pub async fn remove_email(&self, id: UserId, email: &str) -> Result<User, Failure> {
        let decide = |mut user: User| async move {
            let address = own(&user, email)?;
            may_change(&self.settings, &user, Rule::Remove, &address.email)?;
            user.addresses.retain(|other| other.id != address.id);
            let mut writes = release_email(&find_email_claims(&self.store, &address.email).await?, user.id)?;
            let params = json!({"deleted_email": address.email});
            writes.extend(self.notify(&user, None, MailKind::EmailDeleted, params)?);
            Ok(Some(Change { user, writes }))
        };
        self.change(id, decide).await
    }

    /// Makes an address of a user the primary one.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the user does not have the address, or if another one is verified and this one is not;
    /// [`Failure`].
    pub async fn make_primary(&self, id: UserId, email: &str) -> Result<User, Failure> {
        let decide = |mut user: User| async move {
            let address = own(&user, email)?;
            if address.primary {
                return Ok(None);
            }
            may_change(&self.settings, &user, Rule::MakePrimary, &address.email)?;
            let old = user.addresses.iter().find(|other| other.primary).map(|other| other.email.clone());
            user.make_primary(&address.email);
            let params = json!({"from_email": old, "to_email": address.email});
            let notification = match old.as_deref() {
                Some(old) => self.notify(&user, Some(old), MailKind::EmailChanged, params)?,
                None => None,
            };
            Ok(Some(Change { user, writes: notification.into_iter().collect() }))
        };
        self.change(id, decide).await
    }
}

/// Parses an address.
pub(super) fn read_email(text: &str) -> Result<String, Problem> {
    let email = lower_email(text.trim());
    if is_email(&email) { Ok(email) } else { Err(Problem::field("email", "invalid", "Enter a valid email address.")) }
}

fn own(user: &User, email: &str) -> Result<Address, Problem> {
    user.address(&lower_email(email.trim())).cloned().ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::field("email", "unknown_email", "The user does not have this email address.")
}
