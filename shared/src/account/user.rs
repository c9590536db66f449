//! The user: one item that holds everything that has to change together.

use super::{Authenticator, Factor, is_same_email};
use crate::clock::Timestamp;
use crate::secret::{decode, encode, password};
use crate::settings::Settings;
use crate::store::{Item, Key};
use crate::versions::Unknown;
use crate::webauthn::Credential;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Identifies a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl UserId {
    /// The id of no user. It is read if there is no user to read, so that the answer takes the same time.
    pub const DUMMY: Self = Self(Uuid::nil());

    /// Creates an id (UUID version 4).
    pub fn new(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    /// The key of the user's item.
    pub fn key(self) -> Key {
        Key::new(format!("USER#{}", self.0), "USER")
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An email address of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// A random id. A link that was signed for an address is invalid if the address is removed and added again.
    pub id: String,
    /// In lower case.
    pub email: String,
    /// Whether the user has shown that they receive mail at this address.
    pub verified: bool,
    /// Whether mail to the user goes to this address.
    pub primary: bool,
    /// Whether the address was added through the JWT API while that API did not require verification, and therefore
    /// counts as if it were verified there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_trust: bool,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Address {
    /// The number of random bytes in an address's id.
    pub const ID_LENGTH: usize = 8;

    /// Creates an address that is not verified.
    pub fn new(email: &str, primary: bool, id: [u8; Self::ID_LENGTH]) -> Self {
        Self {
            id: encode(&id),
            email: email.to_owned(),
            verified: false,
            primary,
            on_trust: false,
            unknown: Unknown::default(),
        }
    }

    /// The bytes of the id.
    pub fn id_bytes(&self) -> Vec<u8> {
        decode(&self.id).unwrap_or_default()
    }
}

/// The phone number of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// In E.164, such as `+31612345678`.
    pub number: String,
    /// Whether the user has shown that they receive messages at this number.
    pub verified: bool,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Phone {
    /// Creates a number.
    pub fn new(number: &str, verified: bool) -> Self {
        Self { number: number.to_owned(), verified, unknown: Unknown::default() }
    }
}

/// A link to the user's identity at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLink {
    /// The application at the provider, by its name in the settings.
    pub provider: String,
    /// The user's id at the provider, which never changes.
    pub uid: String,
    /// The text that represents the identity in a user interface.
    pub display: String,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl IdentityLink {
    /// Creates a link to an identity.
    pub fn new(provider: &str, uid: &str, display: &str) -> Self {
        let (provider, uid, display) = (provider.to_owned(), uid.to_owned(), display.to_owned());
        Self { provider, uid, display, unknown: Unknown::default() }
    }
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Identifies the user. It never changes.
    pub id: UserId,
    /// The number of changes so far. Two requests cannot both change the same version.
    #[serde(default)]
    pub version: u64,
    /// Sessions of an earlier generation are invalid.
    #[serde(default)]
    pub generation: u64,
    /// Whether the user is allowed to log in.
    pub is_active: bool,
    /// The username in the case that the user chose, if accounts have usernames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// A role, as a number of django-jwt-allauth: 0 for a plain user.
    #[serde(default)]
    pub role: u32,
    /// Further data that the deployment stores with the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// The password's hash in Django's encoding; `None` if the user has no password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Email addresses, at most [`User::MOST_ADDRESSES`].
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The user's second factors and passkeys, at most [`Authenticator::MOST`].
    #[serde(default)]
    pub authenticators: Vec<Authenticator>,
    /// The user's identities at identity providers, at most [`User::MOST_IDENTITIES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<IdentityLink>,
    /// When the account was created.
    pub date_joined: Timestamp,
    /// When the user last logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<Timestamp>,
    /// The generation at the last login. Sessions of an earlier generation count as deleted once the user has logged in
    /// again. Before that, they count as ended.
    #[serde(default)]
    pub login_generation: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl User {
    /// Most email addresses of a user. The limit keeps the item small.
    pub const MOST_ADDRESSES: usize = 20;
    /// Most identities of a user.
    pub const MOST_IDENTITIES: usize = 30;

    /// Creates an active user without a password, addresses or other credentials.
    pub fn new(id: UserId, now: Timestamp) -> Self {
        Self {
            id,
            version: 0,
            generation: 0,
            is_active: true,
            username: None,
            first_name: String::new(),
            last_name: String::new(),
            role: 0,
            attributes: BTreeMap::new(),
            password: None,
            addresses: Vec::new(),
            phone: None,
            authenticators: Vec::new(),
            identities: Vec::new(),
            date_joined: now,
            last_login: None,
            login_generation: 0,
            unknown: Unknown::default(),
        }
    }

    /// The address that mail to the user goes to: the primary one. Before the first login, it is the first address if
    /// none is primary. An address that is added later becomes primary only after it is verified.
    pub fn primary_email(&self) -> Option<&str> {
        let primary = self.addresses.iter().find(|address| address.primary);
        let first = self.addresses.first().filter(|_| self.last_login.is_none());
        primary.or(first).map(|address| address.email.as_str())
    }

    /// The user's address for this mailbox, regardless of spelling.
    pub fn address(&self, email: &str) -> Option<&Address> {
        let exact = self.addresses.iter().find(|address| address.email == email);
        exact.or_else(|| self.addresses.iter().find(|address| is_same_email(&address.email, email)))
    }

    /// The user's address with this id.
    pub fn address_by_id(&self, id: &[u8]) -> Option<&Address> {
        self.addresses.iter().find(|address| address.id_bytes() == id)
    }

    /// The address to verify if the request names none: the primary one, otherwise a verified one.
    pub fn address_to_verify(&self) -> Option<&Address> {
        self.addresses.iter().max_by_key(|address| (address.primary, address.verified))
    }

    /// Whether the address is verified. Without an address: whether any address is verified.
    pub fn has_verified_email(&self, email: Option<&str>) -> bool {
        let is_it = |address: &Address| email.is_none_or(|email| is_same_email(email, &address.email));
        self.addresses.iter().any(|address| address.verified && is_it(address))
    }

    /// Whether the ability to read mail to this address is enough to get access to the account. This is so if the
    /// address is verified, or if the account has no verified address.
    pub fn is_reached_by(&self, email: &str) -> bool {
        self.has_verified_email(Some(email)) || !self.has_verified_email(None)
    }

    /// Marks an address as verified, and as primary if no address is primary.
    pub fn mark_verified(&mut self, email: &str) {
        let primary = !self.addresses.iter().any(|address| address.primary);
        for address in self.addresses.iter_mut().filter(|address| is_same_email(&address.email, email)) {
            address.verified = true;
            address.primary |= primary;
        }
    }

    /// Makes an address the primary one.
    pub fn make_primary(&mut self, email: &str) {
        let chosen = self.address(email).map(|address| address.id.clone());
        for address in &mut self.addresses {
            address.primary = Some(&address.id) == chosen.as_ref();
        }
    }

    /// Sets the user's phone number.
    pub fn set_phone(&mut self, number: &str, verified: bool) {
        match &mut self.phone {
            Some(phone) if phone.number == number => phone.verified = verified,
            phone => *phone = Some(Phone::new(number, verified)),
        }
    }

    /// The user's attributes that a new password must not resemble, with their names for messages.
    pub fn attributes_for_passwords(&self) -> Vec<(&'static str, &str)> {
        let email = self.primary_email().unwrap_or_default();
        let username = self.username.as_deref().unwrap_or_default();
        let all = [("username", username), ("first name", &self.first_name), ("last name", &self.last_name)];
        all.into_iter().chain([("email address", email)]).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The kinds of authenticator that the user has, sorted and without duplicates.
    pub fn factor_kinds(&self) -> Vec<String> {
        let mut kinds = self.authenticators.iter().map(|it| it.factor.kind().to_owned()).collect::<Vec<_>>();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// Whether a login needs a second factor. Recovery codes alone do not count.
    pub fn has_second_factor(&self) -> bool {
        self.authenticators.iter().any(|it| !matches!(it.factor, Factor::RecoveryCodes { .. }))
    }

    /// The identity with this provider and subject.
    pub fn identity(&self, provider: &str, uid: &str) -> Option<&IdentityLink> {
        self.identities.iter().find(|link| link.provider == provider && link.uid == uid)
    }

    /// The credentials of the user's security keys and passkeys.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.authenticators.iter().filter_map(Authenticator::credential)
    }

    /// The authenticator of a kind of which a user has at most one.
    pub fn authenticator(&self, kind: &str) -> Option<&Authenticator> {
        self.authenticators.iter().find(|it| it.factor.kind() == kind)
    }

    /// Removes authenticators. If no second factor is left, the recovery codes are removed too.
    pub fn remove_authenticators(&mut self, is_gone: impl Fn(&Authenticator) -> bool) {
        self.authenticators.retain(|it| !is_gone(it));
        if !self.has_second_factor() {
            self.authenticators.clear();
        }
    }

    /// Whether the user can log in with a password.
    pub fn has_usable_password(&self) -> bool {
        self.password.as_deref().is_some_and(password::is_usable)
    }

    /// The name that user interfaces show for the user.
    pub fn display(&self, settings: &Settings) -> &str {
        let username = self.username.as_deref().filter(|_| settings.account.username_field.is_some());
        let phone = self.phone.as_ref().map(|phone| phone.number.as_str());
        username.filter(|name| !name.is_empty()).or(self.primary_email()).or(phone).unwrap_or("user")
    }
}

impl Item for User {
    fn key(&self) -> Key {
        self.id.key()
    }

    fn version(&self) -> u64 {
        self.version
    }
}
