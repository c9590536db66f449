//! Finding users by a name that an operator enters.

use crate::account::{
    User, UserId, find_email_claims, find_name_claims, find_phone_claim, is_email, lower_email, read_phone,
};
use crate::store::{Store, StoreError};

/// Finds the users with this id, email address, username or phone number. Several users can hold one address if none of
/// them has verified it. If one has verified it, only this user is returned.
///
/// # Errors
/// The table is unavailable.
pub async fn find(store: &Store, text: &str) -> Result<Vec<User>, StoreError> {
    let text = text.trim();
    let mut ids = Vec::<UserId>::new();
    if let Ok(id) = text.parse() {
        ids.push(UserId(id));
    } else if is_email(text) {
        let claims = find_email_claims(store, &lower_email(text)).await?;
        let verified = claims.iter().filter(|claim| claim.verified).map(|claim| claim.user).collect::<Vec<_>>();
        ids = if verified.is_empty() { claims.iter().map(|claim| claim.user).collect() } else { verified };
    } else {
        let named = find_name_claims(store, &[text]).await?;
        ids.extend(named.into_iter().flatten().map(|claim| claim.user));
        if let Some(number) = read_phone(text) {
            ids.extend(find_phone_claim(store, &number).await?.map(|claim| claim.user));
        }
    }
    ids.sort_by_key(|id| id.0);
    ids.dedup();
    let keys = ids.into_iter().map(UserId::key).collect::<Vec<_>>();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store.find_all::<User>(&keys).await?.into_iter().flatten().collect())
}
