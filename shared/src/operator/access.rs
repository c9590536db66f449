//! Disabling, enabling and deleting users.

use super::Operator;
use super::change::{Change, Failure};
use crate::account::{
    CredentialClaim, PhoneClaim, User, UserId, find_email_claims, find_name_claims, identity_claim_key, list_superuser,
    name_listings, release_email,
};
use crate::store::{Again, Decision, Item, Store, StoreError, Write};

/// Most writes of a deletion that free what the user holds. A transaction allows [`Store::MOST_WRITES`], and the user and
/// the list of superusers take some of them.
const MOST_TO_FREE: usize = Store::MOST_WRITES - 10;
/// Items of the user's partition that stay after a deletion until they expire: the security events.
const EVENT: &str = "EVENT#";

impl Operator<'_> {
    /// Disables a user: they cannot log in. Their sessions and tokens end at once.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn disable(&self, id: UserId) -> Result<User, Failure> {
        self.set_active(id, false).await
    }

    /// Enables a user. Their earlier sessions stay invalid.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn enable(&self, id: UserId) -> Result<User, Failure> {
        self.set_active(id, true).await
    }

    async fn set_active(&self, id: UserId, is_active: bool) -> Result<User, Failure> {
        let decide = |mut user: User| async move {
            if user.is_active == is_active {
                return Ok(None);
            }
            user.is_active = is_active;
            user.generation += u64::from(!is_active);
            Ok(Some(Change::from(user)))
        };
        self.change(id, decide).await
    }

    /// Deletes a user. The first commit removes the user and frees their addresses, names and credentials. From then on
    /// their sessions and tokens are invalid. The items that are left are deleted after that. If the process ends before
    /// it is done, the same call deletes the rest. Security events stay until they expire.
    ///
    /// # Errors
    /// [`Failure`]. After an error of the table, the user may be deleted already.
    pub async fn delete(&self, id: UserId) -> Result<(), Failure> {
        let attempt = |(), _: Option<Again>| async move {
            let Some(user) = self.store.find::<User>(&id.key()).await? else { return Ok(Decision::Settled(false)) };
            let (credentials, claims) = (credential_claims(&user), self.claims(&user).await?);
            if credentials.len() + claims.len() > MOST_TO_FREE {
                // Remove the credentials first. The next attempt removes the rest.
                let mut bare = user.clone();
                bare.authenticators.clear();
                bare.identities.clear();
                bare.generation += 1;
                self.store.commit([credentials, vec![Write::replace(&bare)?]].concat()).await?;
                return Ok(Decision::Again(()));
            }
            let mut writes = [credentials, claims].concat();
            writes.extend(list_superuser(&self.store, Some(&user), None).await??);
            writes.push(Write::delete(&user));
            Ok::<_, Failure>(Decision::Write(writes, true, ()))
        };
        let existed = self.store.run((), attempt).await?;
        let left = self.store.discard_partition(&id.key().pk, EVENT).await?;
        if existed || left > 0 { Ok(()) } else { Err(Failure::Missing) }
    }

    /// The writes that free the addresses, the username, the phone number and the listed names of a user.
    async fn claims(&self, user: &User) -> Result<Vec<Write>, StoreError> {
        let mut writes = Vec::new();
        for address in &user.addresses {
            writes.extend(release_email(&find_email_claims(&self.store, &address.email).await?, user.id)?);
        }
        if let Some(username) = &user.username {
            let claims = find_name_claims(&self.store, &[username]).await?.into_iter().flatten();
            writes.extend(claims.filter(|claim| claim.user == user.id).map(|claim| Write::delete(&claim)));
        }
        if let Some(phone) = &user.phone {
            writes.push(Write::discard(PhoneClaim::new(&phone.number, user.id).key()));
        }
        let names = name_listings(user).into_iter().filter(|(_, entry)| entry.is_some());
        writes.extend(names.map(|(key, _)| Write::discard(key)));
        Ok(writes)
    }
}

/// The writes that free the credentials and identities of a user.
fn credential_claims(user: &User) -> Vec<Write> {
    let credentials = user.credentials().map(|it| Write::discard(CredentialClaim::new(it, user.id).key()));
    let identities = user.identities.iter().map(|link| Write::discard(identity_claim_key(&link.provider, &link.uid)));
    credentials.chain(identities).collect()
}

#[cfg(test)]
mod tests {
    use super::MOST_TO_FREE;
    use crate::account::{Authenticator, User};
    use crate::store::Store;

    #[test]
    fn each_step_of_a_deletion_fits_into_a_transaction() {
        // An owner's claim that goes to the next holder takes up to three writes. Further claims: a username in two
        // forms, a phone number, two names.
        const CLAIMS: usize = 3 * User::MOST_ADDRESSES + 5;
        const { assert!(CLAIMS <= MOST_TO_FREE) };
        const { assert!(Authenticator::MOST + User::MOST_IDENTITIES < Store::MOST_WRITES) };
    }
}
