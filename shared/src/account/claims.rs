//! Claims: records of which user holds an email address, a username, a phone number, a credential or an identity. The
//! key of the item is the claimed value, so that two users cannot claim the same value.

use super::username::{fold_username, former_fold};
use super::{EmailKey, UserId};
use crate::provider::identity_key;
use crate::secret;
use crate::store::{Item, Key, Store, StoreError, Write};
use crate::versions::Unknown;
use crate::webauthn::Credential;
use serde::{Deserialize, Serialize};

const OWNER: &str = "OWNER";

/// A user's claim on an email address. The owner is the user who verified the address, or else the first one who
/// claimed it. An address has further holders only if enumeration prevention is strict, or if addresses need not be
/// unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailClaim {
    /// In lower case.
    pub email: String,
    /// The user who holds the address.
    pub user: UserId,
    /// Whether this user has verified the address.
    pub verified: bool,
    /// Whether this is the owner's claim.
    pub owner: bool,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
    /// The partition that it was read from, if an earlier version stored it in another partition.
    #[serde(skip)]
    former: Option<String>,
}

impl EmailClaim {
    /// Most holders of one address that are read.
    pub const MOST_READ: usize = 10;

    /// The owner's claim on an address that no user holds yet.
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

    /// The claim of a further holder, in addition to the owner's.
    pub fn holder(email: &str, user: UserId, verified: bool) -> Self {
        Self { owner: false, ..Self::owner(email, user, verified) }
    }

    fn partition(key: &str) -> String {
        Key::new(format!("EMAIL#{key}"), OWNER).pk
    }

    /// The writes that replace an old claim with this one. The old claim may be in another partition.
    fn supersede(self, old: &Self) -> Result<Vec<Write>, StoreError> {
        let claim = if self.user == old.user { self.keeping(Some(old)) } else { self };
        if claim.key() == old.key() {
            return Ok(vec![Write::replace(&Self { version: old.version, ..claim })?]);
        }
        Ok(vec![Write::delete(old), Write::create(&claim)?])
    }

    /// Returns this claim with the attributes of a newer version from the user's former claim.
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

/// The key of a claim on an address, with this sort key.
pub fn email_claim_key(email: &str, sk: &str) -> Key {
    Key::new(EmailClaim::partition(EmailKey::of(email).as_str()), sk)
}

/// Returns all claims on an address, the owner's first.
///
/// Earlier versions stored an address with an international domain under the text that the user typed. Such claims are
/// read in the same round trip and follow the others. The next write moves them to their current key.
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

/// The error that another user has verified the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmailTaken;

/// Whether the user could own the address: no other user has verified it, or addresses need not be unique.
pub fn can_own(claims: &[EmailClaim], user: UserId, unique: bool) -> bool {
    !unique || !claims.iter().any(|claim| claim.verified && claim.user != user)
}

/// The write of a new, unverified claim on an address: as its owner if there is none, otherwise as a further holder.
///
/// # Errors
/// The write cannot be built.
pub fn claim_email(claims: &[EmailClaim], email: &str, user: UserId) -> Result<Write, StoreError> {
    if claims.iter().any(|claim| claim.owner) {
        Write::create(&EmailClaim::holder(email, user, false))
    } else {
        Write::create(&EmailClaim::owner(email, user, false))
    }
}

/// The writes of verifying an address. The user becomes its owner. An owner who has not verified it becomes a further
/// holder.
///
/// # Errors
/// The write cannot be built.
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

/// The writes that make a user the only holder of an address, in place of all others.
///
/// # Errors
/// The write cannot be built.
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

/// A user's claim on a username.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameClaim {
    /// The folded name.
    pub name: String,
    /// The user who holds the name.
    pub user: UserId,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
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

/// Returns the claims on usernames, as one list for each name. Earlier versions folded names differently, so two users
/// may have what is one name now; then the list contains both. One request reads all names.
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

/// A user's claim on a phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneClaim {
    /// In E.164.
    pub phone: String,
    /// The user who holds the number.
    pub user: UserId,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
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

/// Finds the claim on a phone number.
///
/// # Errors
/// The table is unavailable.
pub async fn find_phone_claim(store: &Store, phone: &str) -> Result<Option<PhoneClaim>, StoreError> {
    store.find(&PhoneClaim::new(phone, UserId::DUMMY).key()).await
}

/// A user's claim on the id of a WebAuthn credential. Two accounts cannot have the same id (WebAuthn Level 2, section
/// 7.1, step 17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialClaim {
    /// Digest of the credential id.
    pub credential: String,
    /// The user who holds the credential.
    pub user: UserId,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
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

/// A user's claim on an identity. Issuer and subject alone identify it (CVE-2025-65431).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityClaim {
    /// The application at the provider.
    pub provider: String,
    /// The user's id at the provider.
    pub uid: String,
    /// The user who holds the identity.
    pub user: UserId,
    /// The data that the provider sent last, unless it is large.
    #[serde(default)]
    pub extra: serde_json::Value,
    /// The provider's tokens, encrypted, if they are stored (`SOCIALACCOUNT_STORE_TOKENS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
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

/// The key of the claim on an identity. Two identities never have the same key.
pub fn identity_claim_key(provider: &str, uid: &str) -> Key {
    Key::new(format!("PROVIDER#{}", identity_key(provider, uid)), OWNER)
}

/// The writes of giving up an address. The next holder becomes the owner, if there is one.
///
/// # Errors
/// The write cannot be built.
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
