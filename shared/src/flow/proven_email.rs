//! Addresses that a user has shown to receive mail at, and the writes that mark them as verified.

use super::notify::notify;
use super::{Problem, Refusal};
use crate::account::{Address, EmailClaim, User, UserId, find_email_claims, own_email, release_email};
use crate::flow::Context;
use crate::outbox::MailKind;
use crate::store::{Store, StoreError, Write};
use serde_json::json;

/// The proof that the caller receives mail at an address.
pub(in crate::flow) struct ProvenEmail {
    pub email: String,
    pub user: User,
    pub claims: Vec<EmailClaim>,
}

/// Reads a user and all claims on an address.
pub(in crate::flow) async fn load(
    store: &Store,
    user: UserId,
    email: &str,
) -> Result<Option<(User, Vec<EmailClaim>)>, StoreError> {
    let key = user.key();
    let (user, claims) = futures_util::try_join!(store.find::<User>(&key), find_email_claims(store, email))?;
    Ok(user.map(|user| (user, claims)))
}

/// Marks the address of a proof as verified on the user, and returns the other writes that this needs. With
/// `ACCOUNT_CHANGE_EMAIL`, the address replaces the user's other addresses.
pub(in crate::flow) async fn mark_verified(
    cx: Context<'_>,
    user: &mut User,
    proof: &ProvenEmail,
) -> Result<Vec<Write>, Refusal> {
    let unique = cx.settings.account.unique_email;
    let before = user.clone();
    // The spelling of the account. The request for the code may have spelled the domain differently.
    let own = user.address(&proof.email).map(|address| address.email.clone());
    let email = own.as_deref().unwrap_or(&proof.email);
    if user.address(email).is_none() {
        // If verification is by code, an address is added only when it is verified.
        user.addresses.push(Address::new(email, false, cx.random()));
    }
    user.mark_verified(email);
    let mut writes = own_email(&proof.claims, email, user.id, unique)?.map_err(|_| Problem::email_taken("key"))?;
    if cx.settings.account.change_email {
        for old in before.addresses.iter().filter(|address| address.email != email) {
            writes.extend(release_email(&find_email_claims(&cx.store, &old.email).await?, user.id)?);
        }
        user.addresses.retain(|address| address.email == email);
        user.make_primary(email);
        let old = before.primary_email().filter(|old| *old != email);
        let params = json!({"from_email": old, "to_email": email});
        if old.is_some() {
            writes.extend(notify(cx, user, old, MailKind::EmailChanged, params)?);
        }
    }
    Ok(writes)
}
