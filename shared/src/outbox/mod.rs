//! Messages to users. A message is an item in the same commit as the change that it is about, so there is never a code
//! without its mail, or a mail without its code. It contains a kind and encrypted parameters, and is rendered when it
//! is delivered.

mod kind;
pub mod mime;
pub mod render;

pub use kind::{MailKind, SmsKind};

use crate::app::App;
use crate::clock::Timestamp;
use crate::secret;
use crate::secret::Keys;
use crate::store::{Item, Key};
use crate::versions::{Open, Unknown};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The channel of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Email.
    Mail,
    /// A text message.
    Sms,
    /// No delivery. The message is written so that a flow that only imitates another one does the same work. The mailer
    /// drops it.
    Nobody,
}

/// A message to deliver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// A random id.
    pub id: String,
    /// The channel.
    pub channel: Open<Channel>,
    /// The name of a [`MailKind`] or [`SmsKind`], which selects the template. It is a text because a newer version may
    /// have more kinds.
    pub kind: String,
    /// Recipient and parameters, encrypted.
    pub sealed: String,
    /// When it was created.
    pub created: Timestamp,
    /// When the message becomes pointless, because its code or link has expired.
    #[serde(rename = "pointless_after")]
    pub deliver_until: Timestamp,
    /// The number of attempts to deliver it.
    #[serde(default)]
    pub attempts: u32,
    /// The partition of the `due` index.
    pub queue: String,
    /// When the sweep has to process it, in seconds of Unix time: after the stream had time to deliver it, and again
    /// after each attempt.
    pub due_at: i64,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A mail.
    Mail(MailKind),
    /// A text message.
    Sms(SmsKind),
    /// A message that is not delivered.
    Decoy,
}

/// The decrypted recipient and parameters of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contents {
    /// Email address or phone number.
    pub to: String,
    /// The template's parameters.
    pub params: Json,
}

const SEAL: &str = "outbox";
const PARTITION: &str = "OUTBOX#";
/// Seconds for which an undelivered message is kept, so that an operator can examine it.
const KEPT: i64 = 4 * 86_400;

impl Message {
    /// Seconds in which a message is delivered even if its code or link expires earlier, so that a waiting user gets an
    /// answer.
    const LEAST_LIFETIME: i64 = 60;

    /// Creates a mail that becomes pointless after `lifetime` seconds.
    pub fn mail(app: &App, kind: MailKind, to: &str, params: Json, lifetime: i64) -> Self {
        Self::new(app, Channel::Mail, kind.as_str(), to, params, lifetime)
    }

    /// Creates a text message that becomes pointless after `lifetime` seconds.
    pub fn sms(app: &App, kind: SmsKind, to: &str, params: Json, lifetime: i64) -> Self {
        Self::new(app, Channel::Sms, kind.as_str(), to, params, lifetime)
    }

    /// Creates a message that takes the same work but is not delivered.
    pub fn decoy(app: &App) -> Self {
        Self::new(app, Channel::Nobody, "", "nobody@example.invalid", json!({"code": "0000-0000"}), 0)
    }

    fn new(app: &App, channel: Channel, kind: &str, to: &str, params: Json, lifetime: i64) -> Self {
        let id = secret::encode(&app.random::<16>());
        let contents = json!(Contents { to: to.to_owned(), params }).to_string();
        let sealed = app.keys.seal(SEAL, id.as_bytes(), contents.as_bytes(), &*app.random).unwrap_or_default();
        let now = app.now();
        Self {
            id,
            channel: channel.into(),
            kind: kind.to_owned(),
            sealed,
            created: now,
            deliver_until: now.plus_seconds(lifetime.max(Self::LEAST_LIFETIME)),
            attempts: 0,
            queue: "OUTBOX".to_owned(),
            due_at: now.seconds() + app.outbox_grace,
            version: 0,
            unknown: Unknown::default(),
        }
    }

    /// The kind; `None` if a newer version wrote a kind that this version does not know.
    pub fn known_kind(&self) -> Option<Kind> {
        match self.channel.known()? {
            Channel::Mail => self.kind.parse().ok().map(Kind::Mail),
            Channel::Sms => self.kind.parse().ok().map(Kind::Sms),
            Channel::Nobody => Some(Kind::Decoy),
        }
    }

    /// Decrypts the recipient and the parameters; `None` if that is not possible anymore.
    pub fn open(&self, keys: &Keys) -> Option<Contents> {
        let plain = keys.open(SEAL, self.id.as_bytes(), &self.sealed)?;
        serde_json::from_slice(&plain).ok()
    }

    /// The key of the message with this id.
    pub fn key_of(id: &str) -> Key {
        Key::new(format!("{PARTITION}{id}"), "MESSAGE")
    }

    /// The id of the message in this partition; `None` for a partition of another kind.
    pub fn id_of(pk: &str) -> Option<&str> {
        pk.strip_prefix(PARTITION)
    }
}

impl Item for Message {
    fn key(&self) -> Key {
        Self::key_of(&self.id)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.created.plus_seconds(KEPT))
    }
}
