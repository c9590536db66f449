//! Who holds an address or a name. The key is the address or the name, so holding it twice cannot happen.

use super::UserId;
use super::username::fold_username;
use crate::provider::identity_key;
use crate::secret;
use crate::store::{Item, Key, Store, StoreError, Write};
use crate::webauthn::Credential;
use serde::{Deserialize, Serialize};

const OWNER: &str = "OWNER";

/// A user's hold on an email address. The owner is the one who verified it, or else who came first; more
/// holders there are only where enumeration prevention is strict, or addresses need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailClaim {
    /// In lower case.
    pub email: String,
    /// Who holds it.
    pub user: UserId,
    /// Whether they verified it.
    pub verified: bool,
    /// Whether this is the owner's claim.
    pub owner: bool,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

impl EmailClaim {
    /// Holders of one address beyond this many are not read.
    pub const MOST_READ: usize = 10;

    /// A claim on an address that nobody holds.
    pub fn owner(email: &str, user: UserId, verified: bool) -> Self {
        Self { email: email.to_owned(), user, verified, owner: true, version: 0 }
    }

    /// A claim beside the owner's.
    pub fn holder(email: &str, user: UserId, verified: bool) -> Self {
        Self { email: email.to_owned(), user, verified, owner: false, version: 0 }
    }

    fn partition(email: &str) -> String {
        format!("EMAIL#{email}")
    }
}

impl Item for EmailClaim {
    fn key(&self) -> Key {
        let sk = if self.owner { OWNER.to_owned() } else { format!("HOLDER#{}", self.user) };
        Key::new(Self::partition(&self.email), sk)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// All claims on an address, the owner's first.
///
/// # Errors
/// The table is unavailable.
pub async fn find_email_claims(store: &Store, email: &str) -> Result<Vec<EmailClaim>, StoreError> {
    store.list(&EmailClaim::partition(email), "", EmailClaim::MOST_READ as i32).await
}

/// Somebody else has verified the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmailTaken;

/// Whether the user could own the address: nobody else has verified it, or that does not matter.
pub fn can_own(claims: &[EmailClaim], user: UserId, unique: bool) -> bool {
    !unique || !claims.iter().any(|claim| claim.verified && claim.user != user)
}

/// What a new, unverified hold on an address writes: as owner where nobody is, else beside them.
///
/// # Errors
/// Only those of building a write.
pub fn claim_email(claims: &[EmailClaim], email: &str, user: UserId) -> Result<Write, StoreError> {
    if claims.iter().any(|claim| claim.owner) {
        Write::create(&EmailClaim::holder(email, user, false))
    } else {
        Write::create(&EmailClaim::owner(email, user, false))
    }
}

/// What verifying an address writes: the user becomes its owner; an owner who never verified it stays a holder.
///
/// # Errors
/// Only those of building a write.
pub fn own_email(
    claims: &[EmailClaim],
    email: &str,
    user: UserId,
    unique: bool,
) -> Result<Result<Vec<Write>, EmailTaken>, StoreError> {
    if !can_own(claims, user, unique) {
        return Ok(Err(EmailTaken));
    }
    let mut writes = Vec::new();
    let beside = claims.iter().find(|claim| !claim.owner && claim.user == user);
    match claims.iter().find(|claim| claim.owner) {
        Some(owner) if owner.user != user && owner.verified => {
            let version = beside.map_or(0, |claim| claim.version);
            writes.push(Write::save(&EmailClaim { version, ..EmailClaim::holder(email, user, true) })?);
            return Ok(Ok(writes));
        }
        Some(owner) => {
            writes
                .push(Write::replace(&EmailClaim { version: owner.version, ..EmailClaim::owner(email, user, true) })?);
            if owner.user != user {
                writes.push(Write::create(&EmailClaim::holder(email, owner.user, false))?);
            }
        }
        None => writes.push(Write::create(&EmailClaim::owner(email, user, true))?),
    }
    if let Some(beside) = beside {
        writes.push(Write::delete(beside));
    }
    Ok(Ok(writes))
}

/// A user's hold on a username.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameClaim {
    /// The name, folded.
    pub name: String,
    /// Who holds it.
    pub user: UserId,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

impl Item for NameClaim {
    fn key(&self) -> Key {
        name_key(&self.name)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Where the claim on a username is.
pub fn name_key(username: &str) -> Key {
    Key::new(format!("NAME#{}", fold_username(username)), OWNER)
}

/// A user's hold on a phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneClaim {
    /// In E.164.
    pub phone: String,
    /// Who holds it.
    pub user: UserId,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

impl Item for PhoneClaim {
    fn key(&self) -> Key {
        Key::new(format!("PHONE#{}", self.phone), OWNER)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Who holds a phone number.
///
/// # Errors
/// The table is unavailable.
pub async fn find_phone_claim(store: &Store, phone: &str) -> Result<Option<PhoneClaim>, StoreError> {
    store.find(&PhoneClaim { phone: phone.to_owned(), user: UserId::NOBODY, version: 0 }.key()).await
}

/// A user's hold on the id of a WebAuthn credential: no two accounts have the same one (WebAuthn Level 2, section 7.1,
/// step 17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialClaim {
    /// Digest of the credential id.
    pub credential: String,
    /// Who holds it.
    pub user: UserId,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

impl CredentialClaim {
    /// The claim on a credential.
    pub fn new(credential: &Credential, user: UserId) -> Self {
        Self { credential: secret::digest(credential.id_bytes()), user, version: 0 }
    }
}

impl Item for CredentialClaim {
    fn key(&self) -> Key {
        Key::new(format!("CREDENTIAL#{}", self.credential), OWNER)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// A user's hold on an identity: issuer and subject, nothing else (CVE-2025-65431).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityClaim {
    /// The application at the provider.
    pub provider: String,
    /// What the provider calls the user.
    pub uid: String,
    /// Who holds it.
    pub user: UserId,
    /// What the provider told last, unless that is large.
    #[serde(default)]
    pub extra: serde_json::Value,
    /// The provider's tokens, sealed, where they are kept (`SOCIALACCOUNT_STORE_TOKENS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

impl Item for IdentityClaim {
    fn key(&self) -> Key {
        identity_claim_key(&self.provider, &self.uid)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Where the claim on an identity is. No two pairs have the same place.
pub fn identity_claim_key(provider: &str, uid: &str) -> Key {
    Key::new(format!("PROVIDER#{}", identity_key(provider, uid)), OWNER)
}

/// What giving up an address writes: the owner's place goes to the next holder, if there is one.
///
/// # Errors
/// Only those of building a write.
pub fn release_email(claims: &[EmailClaim], user: UserId) -> Result<Vec<Write>, StoreError> {
    let Some(own) = claims.iter().find(|claim| claim.user == user) else { return Ok(Vec::new()) };
    let next = claims.iter().filter(|claim| !claim.owner).max_by_key(|claim| claim.verified);
    match next {
        Some(next) if own.owner => {
            let heir = EmailClaim::owner(&next.email, next.user, next.verified);
            Ok(vec![Write::replace(&EmailClaim { version: own.version, ..heir })?, Write::delete(next)])
        }
        _ => Ok(vec![Write::delete(own)]),
    }
}
