//! Tickets: permissions that can be used once, or a few times, until they expire. A ticket is stored beside its user,
//! so that one request reads both. It is bound to the state that the user had when the ticket was created.

use crate::account::{User, UserId};
use crate::app::App;
use crate::clock::Timestamp;
use crate::secret;
use crate::store::{Item, Key, Store, StoreError};
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

const SECRET_LENGTH: usize = 32;
const USER_LENGTH: usize = 16;

/// The purpose of a ticket. It is part of the key, so a version never reads a ticket whose purpose it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Using the second factor of a login.
    LoginChallenge,
    /// Setting up the second factor that a login requires.
    SetupChallenge,
    /// Opening the link of a password reset.
    ResetLink,
    /// Setting the password of a password reset.
    ResetCapability,
    /// Opening an invitation.
    Invitation,
    /// Setting a first password.
    SetCapability,
    /// Completing the setup of an authenticator app.
    TotpSetup,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::LoginChallenge => "login_challenge",
            Self::SetupChallenge => "setup_challenge",
            Self::ResetLink => "reset_link",
            Self::ResetCapability => "reset_capability",
            Self::Invitation => "invitation",
            Self::SetCapability => "set_capability",
            Self::TotpSetup => "totp_setup",
        }
    }

    /// The digest of the user's state that a ticket of this purpose is bound to. A challenge of a login becomes invalid
    /// if the user's generation changes. A permission to set a password becomes invalid if the password changes. A
    /// reset link also becomes invalid after a login or a change of addresses.
    fn bond(self, user: &User) -> String {
        let bond = match self {
            Self::LoginChallenge | Self::SetupChallenge | Self::TotpSetup => json!([user.generation]),
            Self::ResetCapability | Self::Invitation | Self::SetCapability => json!([user.password]),
            Self::ResetLink => {
                let mut emails = user.addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>();
                emails.sort_unstable();
                json!([user.password, user.last_login, emails])
            }
        };
        secret::digest(bond.to_string().as_bytes())
    }

    /// Whether a user can have several at a time. Otherwise a new ticket replaces the one before.
    fn is_plural(self) -> bool {
        matches!(self, Self::LoginChallenge | Self::SetupChallenge)
    }
}

/// The number of attempts. Each attempt is counted in the table before its input is compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempts {
    /// The id of the ticket that the attempts belong to.
    pub id: String,
    /// The number of attempts so far.
    pub attempts: u32,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// The purpose.
    pub purpose: Purpose,
    /// The user whom the ticket belongs to.
    pub user: UserId,
    /// Digest of the ticket's secret.
    pub secret: String,
    /// The digest of the user's state that has to be unchanged for the ticket to be valid.
    pub bond: String,
    /// When it was created; `None` if an earlier version created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it expires.
    pub ends: Timestamp,
    /// Further data of the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Attempts to use it.
    pub guesses: Attempts,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Ticket {
    /// Creates a ticket that is valid for `seconds`. Returns it with the text that its holder keeps.
    pub fn new(app: &App, purpose: Purpose, user: &User, seconds: i64) -> (Self, String) {
        let bytes: [u8; SECRET_LENGTH] = app.random();
        let secret = secret::digest(&bytes);
        let ticket = Self {
            purpose,
            user: user.id,
            bond: purpose.bond(user),
            created: Some(app.now()),
            ends: app.now().plus_seconds(seconds),
            payload: None,
            guesses: Attempts { id: secret.clone(), attempts: 0, unknown: Unknown::default() },
            secret,
            version: 0,
            unknown: Unknown::default(),
        };
        (ticket, secret::encode(&[&user.id.0.as_bytes()[..], &bytes].concat()))
    }

    /// Creates a ticket that belongs to no user, for answers that must not reveal whether an account exists.
    pub fn dummy(app: &App, purpose: Purpose, seconds: i64) -> (Self, String) {
        Self::new(app, purpose, &User::new(UserId::new(app.random()), app.now()), seconds)
    }

    /// Whether the user's state is still the one that the ticket is bound to.
    pub fn fits(&self, user: &User) -> bool {
        self.user == user.id && self.bond == self.purpose.bond(user)
    }

    /// Counts an attempt before its input is compared. Returns the changed ticket, or `None` if `most` attempts were
    /// made already.
    ///
    /// # Errors
    /// The table is unavailable, or other requests kept changing the ticket.
    pub async fn count(&self, store: &Store, most: u32) -> Result<Option<Self>, StoreError> {
        store.count_up(&self.key(), &["guesses"], &self.guesses.id, most).await
    }

    /// The key of a user's ticket, for a purpose of which a user has one ticket at a time.
    pub fn key_of(user: UserId, purpose: Purpose) -> Key {
        Key::new(user.key().pk, format!("TICKET#{}", purpose.as_str()))
    }

    fn key_with(user: UserId, purpose: Purpose, digest: &str) -> Key {
        let key = Self::key_of(user, purpose);
        if purpose.is_plural() { Key::new(key.pk, format!("{}#{digest}", key.sk)) } else { key }
    }
}

impl Item for Ticket {
    fn key(&self) -> Key {
        Self::key_with(self.user, self.purpose, &self.secret)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends)
    }

    fn made_at(&self) -> Option<Timestamp> {
        Some(self.created.unwrap_or(Timestamp(0)))
    }
}

/// Finds the ticket of a text, and its user. Returns `None` if the ticket is not valid, or if the user's state has
/// changed since it was created.
///
/// # Errors
/// The table is unavailable.
pub async fn find_ticket(store: &Store, purpose: Purpose, text: &str) -> Result<Option<(Ticket, User)>, StoreError> {
    let Some((user, digest)) = read(text) else { return Ok(None) };
    let key = Ticket::key_with(user, purpose, &digest);
    let (ticket, user) = store.find_two::<Ticket, User>(&key, &user.key()).await?;
    let fits = |(ticket, user): &(Ticket, User)| {
        secret::same(ticket.secret.as_bytes(), digest.as_bytes()) && ticket.fits(user) && user.is_active
    };
    Ok(ticket.zip(user).filter(fits))
}

/// Finds a user's ticket, for a purpose of which a user has one ticket at a time. Returns `None` if the user's state
/// has changed since it was created.
///
/// # Errors
/// The table is unavailable.
pub async fn find_ticket_of(store: &Store, purpose: Purpose, user: &User) -> Result<Option<Ticket>, StoreError> {
    let ticket = store.find::<Ticket>(&Ticket::key_of(user.id, purpose)).await?;
    Ok(ticket.filter(|ticket| ticket.fits(user)))
}

fn read(text: &str) -> Option<(UserId, String)> {
    let bytes = secret::decode(text).filter(|bytes| bytes.len() == USER_LENGTH + SECRET_LENGTH)?;
    let (user, secret) = bytes.split_first_chunk::<USER_LENGTH>()?;
    Some((UserId(Uuid::from_bytes(*user)), secret::digest(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_text_of_the_right_length_is_parsed() {
        let text = secret::encode(&[7; USER_LENGTH + SECRET_LENGTH]);
        assert_eq!(read(&text).unwrap().0, UserId(Uuid::from_bytes([7; 16])));
        for nonsense in ["", "bad", "%%", &text[1..], &format!("{text}AAAA")] {
            assert!(read(nonsense).is_none(), "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn a_text_names_its_user_whatever_the_bytes_are(bytes: [u8; USER_LENGTH + SECRET_LENGTH], text in "\\PC{0,80}") {
            let (user, digest) = read(&secret::encode(&bytes)).unwrap();
            prop_assert_eq!(user.0.as_bytes(), &bytes[..USER_LENGTH]);
            prop_assert_eq!(digest, secret::digest(&bytes[USER_LENGTH..]));
            prop_assert!(read(&text).is_none_or(|_| text.len() == 64));
        }
    }
}
