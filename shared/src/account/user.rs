//! The user: one item that holds everything whose rules cross.

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

/// Names a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl UserId {
    /// No user has this: what is read where there is nobody, so that the way is as long.
    pub const DUMMY: Self = Self(Uuid::nil());

    /// A new one (UUID version 4).
    pub fn new(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    /// Where the user is.
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
    /// Random: what was signed for an address does not fit the same address added again.
    pub id: String,
    /// In lower case.
    pub email: String,
    /// Whether the user has shown that mail to it reaches them.
    pub verified: bool,
    /// Whether mail goes here.
    pub primary: bool,
    /// Whether it was given to the JWT API while that asked nobody to verify, and so took it at its word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_trust: bool,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Address {
    /// Random bytes in an address's id.
    pub const ID_LENGTH: usize = 8;

    /// A new address, not verified.
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

    /// The id's bytes.
    pub fn id_bytes(&self) -> Vec<u8> {
        decode(&self.id).unwrap_or_default()
    }
}

/// The phone number of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// In E.164: `+31612345678`.
    pub number: String,
    /// Whether the user has shown that messages to it reach them.
    pub verified: bool,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Phone {
    /// A number, verified or not.
    pub fn new(number: &str, verified: bool) -> Self {
        Self { number: number.to_owned(), verified, unknown: Unknown::default() }
    }
}

/// Who a user is, by the word of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLink {
    /// The application at the provider, by its name in the settings.
    pub provider: String,
    /// What the provider calls the user, for ever.
    pub uid: String,
    /// What people see of it.
    pub display: String,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl IdentityLink {
    /// A link to an identity.
    pub fn new(provider: &str, uid: &str, display: &str) -> Self {
        let (provider, uid, display) = (provider.to_owned(), uid.to_owned(), display.to_owned());
        Self { provider, uid, display, unknown: Unknown::default() }
    }
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Names the user for good.
    pub id: UserId,
    /// Counts changes; two requests cannot both build on the same one.
    #[serde(default)]
    pub version: u64,
    /// Sessions of an earlier generation are dead.
    #[serde(default)]
    pub generation: u64,
    /// Whether the user may log in.
    pub is_active: bool,
    /// In the case that was asked for, where accounts have usernames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// A role, in the numbers of django-jwt-allauth: 0 for a plain user.
    #[serde(default)]
    pub role: u32,
    /// Whatever else a deployer keeps with the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// The password's hash in Django's encoding; none where the user has no password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Email addresses, at most [`User::MOST_ADDRESSES`].
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// What the user has besides a password, at most [`Authenticator::MOST`].
    #[serde(default)]
    pub authenticators: Vec<Authenticator>,
    /// Who the user is elsewhere, at most [`User::MOST_IDENTITIES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<IdentityLink>,
    /// When the account was made.
    pub date_joined: Timestamp,
    /// When the user last logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<Timestamp>,
    /// The generation at the last login: sessions of an earlier one are gone by then, and not only over.
    #[serde(default)]
    pub login_generation: u64,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl User {
    /// Most email addresses of a user: the item stays small.
    pub const MOST_ADDRESSES: usize = 20;
    /// Most identities of a user.
    pub const MOST_IDENTITIES: usize = 30;

    /// A new user, active, with nothing yet.
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

    /// Where mail to the user goes. An address that is added later is none until it is verified; one that somebody
    /// changes to while signing up takes the place of the first.
    pub fn primary_email(&self) -> Option<&str> {
        let primary = self.addresses.iter().find(|address| address.primary);
        let first = self.addresses.first().filter(|_| self.last_login.is_none());
        primary.or(first).map(|address| address.email.as_str())
    }

    /// The user's address of this mailbox, however it is spelled.
    pub fn address(&self, email: &str) -> Option<&Address> {
        let exact = self.addresses.iter().find(|address| address.email == email);
        exact.or_else(|| self.addresses.iter().find(|address| is_same_email(&address.email, email)))
    }

    /// The user's address of this id.
    pub fn address_by_id(&self, id: &[u8]) -> Option<&Address> {
        self.addresses.iter().find(|address| address.id_bytes() == id)
    }

    /// The address that a verification is about when none is named: the primary one first, then a verified one.
    pub fn address_to_verify(&self) -> Option<&Address> {
        self.addresses.iter().max_by_key(|address| (address.primary, address.verified))
    }

    /// Whether the address is verified, or, where none is named, any.
    pub fn has_verified_email(&self, email: Option<&str>) -> bool {
        let is_it = |address: &Address| email.is_none_or(|email| is_same_email(email, &address.email));
        self.addresses.iter().any(|address| address.verified && is_it(address))
    }

    /// Whether reading mail to this address is enough to get into the account: it is verified, or the account has no
    /// verified address at all.
    pub fn is_reached_by(&self, email: &str) -> bool {
        self.has_verified_email(Some(email)) || !self.has_verified_email(None)
    }

    /// Marks an address verified, and primary if none is.
    pub fn mark_verified(&mut self, email: &str) {
        let primary = !self.addresses.iter().any(|address| address.primary);
        for address in self.addresses.iter_mut().filter(|address| is_same_email(&address.email, email)) {
            address.verified = true;
            address.primary |= primary;
        }
    }

    /// Makes an address the one that mail goes to.
    pub fn make_primary(&mut self, email: &str) {
        let chosen = self.address(email).map(|address| address.id.clone());
        for address in &mut self.addresses {
            address.primary = Some(&address.id) == chosen.as_ref();
        }
    }

    /// Makes this the user's phone number.
    pub fn set_phone(&mut self, number: &str, verified: bool) {
        match &mut self.phone {
            Some(phone) if phone.number == number => phone.verified = verified,
            phone => *phone = Some(Phone::new(number, verified)),
        }
    }

    /// What a new password must not look like, with the names that people read.
    pub fn attributes_for_passwords(&self) -> Vec<(&'static str, &str)> {
        let email = self.primary_email().unwrap_or_default();
        let username = self.username.as_deref().unwrap_or_default();
        let all = [("username", username), ("first name", &self.first_name), ("last name", &self.last_name)];
        all.into_iter().chain([("email address", email)]).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The kinds of authenticator that the user has.
    pub fn factor_kinds(&self) -> Vec<String> {
        let mut kinds = self.authenticators.iter().map(|it| it.factor.kind().to_owned()).collect::<Vec<_>>();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// Whether a login needs a second factor: recovery codes alone are none.
    pub fn has_second_factor(&self) -> bool {
        self.authenticators.iter().any(|it| !matches!(it.factor, Factor::RecoveryCodes { .. }))
    }

    /// The identity of this name and subject.
    pub fn identity(&self, provider: &str, uid: &str) -> Option<&IdentityLink> {
        self.identities.iter().find(|link| link.provider == provider && link.uid == uid)
    }

    /// The credentials of the user's security keys and passkeys.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.authenticators.iter().filter_map(Authenticator::credential)
    }

    /// The authenticator of a kind that there is at most one of.
    pub fn authenticator(&self, kind: &str) -> Option<&Authenticator> {
        self.authenticators.iter().find(|it| it.factor.kind() == kind)
    }

    /// Removes authenticators; recovery codes that nothing is left to recover for go with them.
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

    /// What people see as the user's name.
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
