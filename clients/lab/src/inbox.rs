//! The mails and text messages that the service has sent.

use crate::{Lab, decode};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// The time limit of [`Inbox::last`]. The service answers a request after it has sent its messages, so a test rarely
/// waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// The messages that a service has sent.
#[derive(Debug, Clone, Copy)]
pub struct Inbox<'a>(&'a Lab);

/// How a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mail.
    Mail,
    /// A text message.
    Sms,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// The name of its file in the outbox folder.
    pub id: String,
    /// How it was sent.
    pub kind: Kind,
    /// The mail address or phone number of its recipient.
    pub to: String,
    /// The mail address of its sender; empty for a text message.
    pub from: String,
    /// The subject; empty for a text message.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part, if there is one.
    pub html: Option<String>,
    /// The URLs in the plain text, in order.
    pub links: Vec<String>,
    /// The code in the plain text, if a line consists of a code.
    pub code: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Message>,
}

impl<'a> Inbox<'a> {
    pub(crate) fn new(lab: &'a Lab) -> Self {
        Self(lab)
    }

    /// Returns all messages, oldest first.
    pub fn all(&self) -> Vec<Message> {
        decode::<Page>(self.0.request("GET", "inbox", None)).messages
    }

    /// Returns the messages to a mail address or phone number, oldest first.
    pub fn to(&self, recipient: &str) -> Vec<Message> {
        let mut messages = self.all();
        messages.retain(|message| message.to.eq_ignore_ascii_case(recipient));
        messages
    }

    /// Returns the latest message to a mail address or phone number. Waits up to ten seconds for it, and then panics.
    pub fn last(&self, recipient: &str) -> Message {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(message) = self.to(recipient).pop() {
                return message;
            }
            assert!(Instant::now() < end, "no message to {recipient}\n{}", self.0.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Deletes all messages.
    pub fn clear(&self) {
        self.0.request("DELETE", "inbox", None);
    }
}
