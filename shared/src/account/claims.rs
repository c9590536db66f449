//! Who holds an address or a name. The key is the address or the name, so holding it twice cannot happen.

use super::username::{fold_username, former_fold};
use super::{EmailKey, UserId};
use crate::provider::identity_key;
use crate::secret;
use crate::store::{Item, Key, Store, StoreError, Write};
use crate::versions::Unknown;
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
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
    /// The partition that it was read from, where an earlier version wrote it elsewhere.
    #[serde(skip)]
    former: Option<String>,
}

impl EmailClaim {
    /// Holders of one address beyond this many are not read.
    pub const MOST_READ: usize = 10;

    /// A claim on an address that nobody holds.
    pub fn owner(email: &str, user: UserId, verified: bool) -> Self {
        Self {
            email: email.to_owned(),
            user,
            verified,
            owner: true,
            version: 0,
            unknown: Unknown::default(),
            former: None,
        }
    }

    /// A claim beside the owner's.
    pub fn holder(email: &str, user: UserId, verified: bool) -> Self {
        Self { owner: false, ..Self::owner(email, user, verified) }
    }

    fn partition(key: &str) -> String {
        Key::new(format!("EMAIL#{key}"), OWNER).pk
    }

    /// What puts this claim in the place of an old one, which may be in another partition.
    fn supersede(self, old: &Self) -> Result<Vec<Write>, StoreError> {
        let claim = if self.user == old.user { self.keeping(Some(old)) } else { self };
        if claim.key() == old.key() {
            return Ok(vec![Write::replace(&Self { version: old.version, ..claim })?]);
        }
        Ok(vec![Write::delete(old), Write::create(&claim)?])
    }

    /// This claim with what a newer version keeps with the user's former one.
    fn keeping(self, former: Option<&Self>) -> Self {
        let unknown = former.map_or(self.unknown, |former| former.unknown.clone());
        Self { unknown, ..self }
    }
}

impl Item for EmailClaim {
    fn key(&self) -> Key {
        let sk = if self.owner { OWNER.to_owned() } else { format!("HOLDER#{}", self.user) };
        match &self.former {
            Some(former) => Key::new(former.clone(), sk),
            None => email_claim_key(&self.email, &sk),
        }
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Where a claim on an address is, of those with this sort key.
pub fn email_claim_key(email: &str, sk: &str) -> Key {
    Key::new(EmailClaim::partition(EmailKey::of(email).as_str()), sk)
}

/// All claims on an address, the owner's first.
///
/// Earlier versions kept an address with an international domain under what was typed. Such claims are read in the same
/// trip, after those that are where they belong, and move there with the next write.
///
/// # Errors
/// The table is unavailable.
pub async fn find_email_claims(store: &Store, email: &str) -> Result<Vec<EmailClaim>, StoreError> {
    const MOST: i32 = EmailClaim::MOST_READ as i32;
    let key = EmailKey::of(email);
    let partition = EmailClaim::partition(key.as_str());
    let former = key.former(email).into_iter().map(|text| async move {
        let partition = EmailClaim::partition(&text);
        let claims = store.list::<EmailClaim>(&partition, "", MOST).await?;
        Ok(claims.into_iter().map(move |claim| EmailClaim { former: Some(partition.clone()), ..claim }))
    });
    let former = futures_util::future::try_join_all(former);
    let (mut claims, former) = futures_util::try_join!(store.list::<EmailClaim>(&partition, "", MOST), former)?;
    claims.extend(former.into_iter().flatten());
    Ok(claims)
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
    let owner = claims.iter().find(|claim| claim.owner);
    let beside = claims.iter().find(|claim| claim.user == user && owner.is_none_or(|owner| owner.user != user));
    match owner {
        Some(owner) if owner.user != user && owner.verified => {
            let claim = EmailClaim::holder(email, user, true);
            writes.extend(match beside {
                Some(beside) => claim.supersede(beside)?,
                None => vec![Write::create(&claim)?],
            });
            return Ok(Ok(writes));
        }
        Some(owner) => {
            writes.extend(EmailClaim::owner(email, user, true).keeping(beside).supersede(owner)?);
            let has_another = || claims.iter().any(|claim| claim.user == owner.user && claim != owner);
            if owner.user != user && !has_another() {
                writes.push(Write::create(&EmailClaim::holder(email, owner.user, false).keeping(Some(owner)))?);
            }
        }
        None => writes.push(Write::create(&EmailClaim::owner(email, user, true).keeping(beside))?),
    }
    if let Some(beside) = beside {
        writes.push(Write::delete(beside));
    }
    Ok(Ok(writes))
}

/// What makes a user the only holder of an address, in place of all others.
///
/// # Errors
/// Only those of building a write.
pub fn replace_email_claims(claims: &[EmailClaim], email: &str, user: UserId) -> Result<Vec<Write>, StoreError> {
    let own = claims.iter().find(|claim| claim.user == user);
    let claim = EmailClaim::owner(email, user, false).keeping(own);
    let owner = claims.iter().find(|claim| claim.owner);
    let mut writes = match owner {
        Some(owner) => claim.supersede(owner)?,
        None => vec![Write::create(&claim)?],
    };
    writes.extend(claims.iter().filter(|claim| Some(*claim) != owner).map(Write::delete));
    Ok(writes)
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
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl NameClaim {
    /// A claim on a username.
    pub fn new(username: &str, user: UserId) -> Self {
        Self { name: fold_username(username), user, version: 0, unknown: Unknown::default() }
    }
}

impl Item for NameClaim {
    fn key(&self) -> Key {
        name_key(&self.name)
    }

    fn version(&self) -> u64 {
        self.version
    }
}

fn name_key(folded: &str) -> Key {
    Key::new(format!("NAME#{folded}"), OWNER)
}

/// Returns the claims on usernames: for each name its holder, or its holders where earlier versions, which folded names
/// in another way, let two people have what is one name now. All names are looked up in one request.
///
/// # Errors
/// The table is unavailable.
pub async fn find_name_claims(store: &Store, usernames: &[&str]) -> Result<Vec<Vec<NameClaim>>, StoreError> {
    let folds = |username: &&str| {
        let (fold, former) = (fold_username(username), former_fold(username));
        if fold == former { vec![fold] } else { vec![fold, former] }
    };
    let folds = usernames.iter().map(folds).collect::<Vec<_>>();
    let mut keys = folds.iter().flatten().map(|fold| name_key(fold)).collect::<Vec<_>>();
    if let [only] = &keys[..] {
        return Ok(vec![store.find::<NameClaim>(only).await?.into_iter().collect()]);
    }
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    let found = store.find_all::<NameClaim>(&keys).await?.into_iter().flatten().collect::<Vec<_>>();
    let of = |folds: &Vec<String>| found.iter().filter(|claim| folds.contains(&claim.name)).cloned().collect();
    Ok(folds.iter().map(of).collect())
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
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl PhoneClaim {
    /// A claim on a phone number.
    pub fn new(phone: &str, user: UserId) -> Self {
        Self { phone: phone.to_owned(), user, version: 0, unknown: Unknown::default() }
    }
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
    store.find(&PhoneClaim::new(phone, UserId::DUMMY).key()).await
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
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl CredentialClaim {
    /// The claim on a credential.
    pub fn new(credential: &Credential, user: UserId) -> Self {
        Self { credential: secret::digest(credential.id_bytes()), user, version: 0, unknown: Unknown::default() }
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
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
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
    let others = || claims.iter().filter(|claim| claim.user != user);
    let next = others().filter(|claim| !claim.owner).max_by_key(|claim| claim.verified);
    match next {
        Some(next) if own.owner && !others().any(|claim| claim.owner) => {
            let claim = EmailClaim::owner(&next.email, next.user, next.verified).keeping(Some(next));
            let mut writes = claim.supersede(own)?;
            writes.push(Write::delete(next));
            Ok(writes)
        }
        _ => Ok(vec![Write::delete(own)]),
    }
}
