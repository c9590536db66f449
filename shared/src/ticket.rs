//! Tickets: what somebody may do once, or a few times, until a moment. They lie beside their user, so that both come
//! back in one request, and are bound to what the user was when they were made.

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

/// What a ticket is for. It is part of the key, so a version never reads a ticket whose purpose it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Showing the second factor of a login.
    LoginChallenge,
    /// Setting up the second factor that a login needs.
    SetupChallenge,
    /// Opening a link to a new password.
    ResetLink,
    /// Setting that password.
    ResetCapability,
    /// Opening an invitation.
    Invitation,
    /// Setting a first password.
    SetCapability,
    /// Finishing to set an authenticator app up.
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

    /// What a ticket of this purpose is bound to. A login in progress ends with the user's generation; a way to a new
    /// password with any other new password, and a link to it with the next login and any change of address too.
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

    /// Whether a user has several at a time; otherwise the latest takes the place of the one before.
    fn is_plural(self) -> bool {
        matches!(self, Self::LoginChallenge | Self::SetupChallenge)
    }
}

/// Attempts, counted in the table before they are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempts {
    /// Names the ticket that they are made at.
    pub id: String,
    /// How many there were.
    pub attempts: u32,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user: UserId,
    /// Digest of its secret.
    pub secret: String,
    /// What the user has to be still, for it to be good.
    pub bond: String,
    /// When it was made; none where an earlier version made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it is over.
    pub ends: Timestamp,
    /// What else it has to remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Attempts at what it is for.
    pub guesses: Attempts,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Ticket {
    /// A new ticket, good for so many seconds, and the text that its holder keeps.
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

    /// A ticket of nobody's, for where things only have to look as if.
    pub fn dummy(app: &App, purpose: Purpose, seconds: i64) -> (Self, String) {
        Self::new(app, purpose, &User::new(UserId::new(app.random()), app.now()), seconds)
    }

    /// Whether the user has not moved on from it.
    pub fn fits(&self, user: &User) -> bool {
        self.user == user.id && self.bond == self.purpose.bond(user)
    }

    /// Counts an attempt, before it is compared: the ticket as it then is, or nothing where `most` were made.
    ///
    /// # Errors
    /// The table is unavailable, or others kept changing the ticket.
    pub async fn count(&self, store: &Store, most: u32) -> Result<Option<Self>, StoreError> {
        store.count_up(&self.key(), &["guesses"], &self.guesses.id, most).await
    }

    /// Where a user's ticket is, of a purpose that there is one of at a time.
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

/// The ticket that a text stands for, and its user, if it is good and the user has not moved on from it.
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

/// A user's ticket of a purpose that there is one of at a time, if the user has not moved on from it.
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
    fn only_a_text_of_the_right_length_is_read() {
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
