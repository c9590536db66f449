//! `latchkey messages`: mails and text messages that wait to be sent.

use super::output::{Row, moment};
use super::{CommandError, Common};
use serde::Serialize;
use shared::clock::Timestamp;
use shared::maintenance::messages::{self, Retry};
use shared::outbox::{Channel, Message};
use std::fmt::{Display, Formatter, Result as Written};

/// The row of a message in the list.
#[derive(Serialize)]
struct MessageRow {
    id: String,
    /// `mail`, `sms` or `unknown`.
    channel: &'static str,
    kind: String,
    /// Email address or phone number, if the service's secret key is known.
    to: Option<String>,
    attempts: u32,
    created: String,
    due: String,
    #[serde(rename = "pointless_after")]
    deliver_until: String,
}

impl Row for MessageRow {
    const HEADINGS: &'static [&'static str] =
        &["ID", "CHANNEL", "KIND", "TO", "ATTEMPTS", "CREATED", "NEXT TRY", "EXPIRES"];

    fn cells(&self) -> Vec<String> {
        let attempts = self.attempts.to_string();
        let to = self.to.as_deref().unwrap_or("(sealed)");
        let all = [&self.id, self.channel, &self.kind, to, &attempts, &self.created, &self.due, &self.deliver_until];
        all.map(str::to_owned).into()
    }
}

/// Lists the messages that wait, in the order of their next attempts. Omits decoy messages, which have no recipient:
/// they hide which addresses have an account.
///
/// # Errors
/// [`CommandError`].
pub async fn list(common: &Common) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let waiting = messages::list(opened.store()).await?;
    let row = |message: Message| {
        let channel = match message.channel.known() {
            Some(Channel::Mail) => "mail",
            Some(Channel::Sms) => "sms",
            Some(Channel::Nobody) => return None,
            None => "unknown",
        };
        Some(MessageRow {
            channel,
            to: opened.sealed().and_then(|app| message.open(&app.keys)).map(|contents| contents.to),
            attempts: message.attempts,
            created: moment(message.created),
            due: moment(Timestamp::from_seconds(message.due_at)),
            deliver_until: moment(message.deliver_until),
            kind: message.kind,
            id: message.id,
        })
    };
    let rows = waiting.into_iter().filter_map(row).collect::<Vec<_>>();
    common.output.list(&rows, "No messages wait.")
}

/// The report of a change to one message.
#[derive(Serialize)]
struct Changed<'a> {
    id: &'a str,
    state: &'static str,
}

impl Display for Changed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self.state {
            "due" => write!(f, "Message {} is due now. The mailer sends it within a minute.", self.id),
            _ => write!(f, "Message {} is deleted.", self.id),
        }
    }
}

/// Makes a message due now, and resets its number of attempts.
///
/// # Errors
/// [`CommandError`].
pub async fn retry(common: &Common, id: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    match messages::retry(opened.app(), id).await? {
        Retry::Due => common.output.line(&Changed { id, state: "due" }),
        Retry::Missing => Err(missing(id)),
        Retry::TooLate(since) => {
            let since = moment(since);
            let why = format!("the code or link in message {id} expired at {since}. Drop the message instead");
            Err(CommandError::Refused(why))
        }
    }
}

/// Deletes a message without sending it.
///
/// # Errors
/// [`CommandError`].
pub async fn drop(common: &Common, id: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let message = messages::find(opened.store(), id).await?.ok_or_else(|| missing(id))?;
    common.confirm(&format!("This deletes the message `{}` without sending it. Continue?", message.kind))?;
    messages::delete(opened.store(), id).await?;
    common.output.line(&Changed { id, state: "deleted" })
}

fn missing(id: &str) -> CommandError {
    CommandError::Refused(format!("no message {id} waits: it may have been sent. `latchkey messages list` lists them"))
}
