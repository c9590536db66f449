//! An address that somebody has shown they read, and what marking it verified writes.

use super::notify::notify;
use super::{Problem, Refusal};
use crate::account::{Address, EmailClaim, User, UserId, find_email_claims, own_email, release_email};
use crate::app::App;
use crate::session::ClientInfo;
use crate::store::{StoreError, Write};
use serde_json::json;

/// An address that the caller has shown they read.
pub(in crate::flow) struct Proof {
    pub email: String,
    pub user: User,
    pub claims: Vec<EmailClaim>,
}

/// The user and all claims on an address.
pub(in crate::flow) async fn load(
    app: &App,
    user: UserId,
    email: &str,
) -> Result<Option<(User, Vec<EmailClaim>)>, StoreError> {
    let key = user.key();
    let (user, claims) = futures_util::try_join!(app.store.find::<User>(&key), find_email_claims(&app.store, email))?;
    Ok(user.map(|user| (user, claims)))
}

/// Marks the address of a proof verified: on the user, and what that writes beside the user. An address that is
/// being changed to replaces the others.
pub(in crate::flow) async fn mark_verified(
    app: &App,
    client: &ClientInfo,
    user: &mut User,
    proof: &Proof,
) -> Result<Vec<Write>, Refusal> {
    let unique = app.settings.account.unique_email;
    let before = user.clone();
    if user.address(&proof.email).is_none() {
        // By code, an address is only added once it is verified.
        user.addresses.push(Address::new(&proof.email, false, app.random()));
    }
    user.mark_verified(&proof.email);
    let mut writes =
        own_email(&proof.claims, &proof.email, user.id, unique)?.map_err(|_| Problem::email_taken("key"))?;
    if app.settings.account.change_email {
        for old in before.addresses.iter().filter(|address| address.email != proof.email) {
            writes.extend(release_email(&find_email_claims(&app.store, &old.email).await?, user.id)?);
        }
        user.addresses.retain(|address| address.email == proof.email);
        user.make_primary(&proof.email);
        let old = before.primary_email().filter(|old| *old != proof.email);
        let params = json!({"from_email": old, "to_email": proof.email});
        if old.is_some() {
            writes.extend(notify(app, client, user, old, "email_changed", params)?);
        }
    }
    Ok(writes)
}
