//! Messages to people. A message is an item in the same commit as the state it speaks of: no code without its
//! mail, no mail without its code. It holds a kind and sealed parameters, and is rendered when it is delivered.

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

/// How a message reaches its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Email.
    Mail,
    /// A text message.
    Sms,
    /// Nobody: it is written so that a flow that only looks like one does the same work, and then dropped.
    Nobody,
}

/// A message that waits to be delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// Random.
    pub id: String,
    /// How it goes.
    pub channel: Open<Channel>,
    /// Which template: the name of a [`MailKind`] or [`SmsKind`]. Text, since a newer version may have more of them.
    pub kind: String,
    /// Recipient and parameters, sealed.
    pub sealed: String,
    /// When it was written.
    pub created: Timestamp,
    /// When what it speaks of is over, and sending it would only confuse.
    #[serde(rename = "pointless_after")]
    pub deliver_until: Timestamp,
    /// Deliveries that were tried.
    #[serde(default)]
    pub attempts: u32,
    /// The partition of the `due` index.
    pub queue: String,
    /// When it is to be looked at, in seconds: after a time for the stream to deliver it, and after each try.
    pub due_at: i64,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A mail.
    Mail(MailKind),
    /// A text message.
    Sms(SmsKind),
    /// A message that reaches nobody.
    Decoy,
}

/// What a message says to whom, unsealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contents {
    /// Email address or phone number.
    pub to: String,
    /// The template's parameters.
    pub params: Json,
}

const SEAL: &str = "outbox";
const PARTITION: &str = "OUTBOX#";
/// Seconds that an undelivered message is kept for an operator to look at.
const KEPT: i64 = 4 * 86_400;

impl Message {
    /// Seconds in which a message is delivered even if what it speaks of is over sooner: people who waited are told.
    const LEAST_LIFETIME: i64 = 60;

    /// A mail; pointless `lifetime` seconds from now.
    pub fn mail(app: &App, kind: MailKind, to: &str, params: Json, lifetime: i64) -> Self {
        Self::new(app, Channel::Mail, kind.as_str(), to, params, lifetime)
    }

    /// A text message; pointless `lifetime` seconds from now.
    pub fn sms(app: &App, kind: SmsKind, to: &str, params: Json, lifetime: i64) -> Self {
        Self::new(app, Channel::Sms, kind.as_str(), to, params, lifetime)
    }

    /// A message of the same weight that reaches nobody.
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

    /// Its kind. `None` if this version does not know it: a newer one wrote the message.
    pub fn known_kind(&self) -> Option<Kind> {
        match self.channel.known()? {
            Channel::Mail => self.kind.parse().ok().map(Kind::Mail),
            Channel::Sms => self.kind.parse().ok().map(Kind::Sms),
            Channel::Nobody => Some(Kind::Decoy),
        }
    }

    /// What it says to whom; `None` if it cannot be opened any more.
    pub fn open(&self, keys: &Keys) -> Option<Contents> {
        let plain = keys.open(SEAL, self.id.as_bytes(), &self.sealed)?;
        serde_json::from_slice(&plain).ok()
    }

    /// Where the message with this id is.
    pub fn key_of(id: &str) -> Key {
        Key::new(format!("{PARTITION}{id}"), "MESSAGE")
    }

    /// The id of the message in this partition, if it is one's.
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
