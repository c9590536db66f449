//! Delivery of one message: lease, render, send, delete.

use shared::app::App;
use shared::clock::Timestamp;
use shared::metrics::Metric;
use shared::outbox::mime::{self, MimeError};
use shared::outbox::render::{RenderError, Renderer};
use shared::outbox::{Channel, Kind, Message};
use shared::store::{Committed, Item, StoreError, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Why a transport did not accept a message.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The transport refuses the message or the address permanently.
    #[error("refused permanently: {0}")]
    Permanent(String),
    /// A later attempt can succeed.
    #[error("temporary failure: {0}")]
    Transient(String),
}

/// The future that a transport returns.
pub type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// Sends messages.
pub trait Transport: Send + Sync {
    /// Sends an RFC 5322 message to one address.
    fn mail<'a>(&'a self, to: &'a str, message: &'a [u8]) -> Sent<'a>;
    /// Sends a text message to an E.164 number.
    fn sms<'a>(&'a self, to: &'a str, text: &'a str) -> Sent<'a>;
}

/// The outcome of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The message was sent.
    Sent,
    /// Nothing was sent: the message no longer exists, another worker has leased it, or it has no recipient.
    Nothing,
    /// The message was dropped, because it is too late or cannot be sent.
    Dropped,
    /// The message stays due.
    Later,
}

/// Delivers messages through a transport.
pub struct Mailer {
    app: Arc<App>,
    renderer: Renderer,
    transport: Box<dyn Transport>,
}

/// Seconds that a lease lasts: longer than any transport needs.
const LEASE: i64 = 60;
/// Seconds that one delivery takes at most: 12 for the transport, and 8 for each of the three table operations (find,
/// lease, finish).
const LONGEST_DELIVERY: i64 = 36;
/// Number of attempts after which only an operator can act: further attempts are a day apart.
const MOST_ATTEMPTS: u32 = 8;

impl Mailer {
    /// Creates a mailer with the templates that the settings name.
    ///
    /// # Errors
    /// Returns an error if the folder of templates cannot be read.
    pub fn new(app: Arc<App>, transport: Box<dyn Transport>) -> Result<Self, RenderError> {
        let settings = &app.settings;
        let folder = settings.service.templates_dir.clone().map(Into::into);
        let prefix = settings.account.email_subject_prefix.clone();
        let renderer = Renderer::new(folder, prefix, settings.service.product_name.clone())?;
        Ok(Self { app, renderer, transport })
    }

    /// Delivers the message with this id, if it exists and no other worker has leased it.
    ///
    /// # Errors
    /// Returns an error if the table is unavailable. The message stays due.
    pub async fn deliver(&self, id: &str) -> Result<Delivery, StoreError> {
        let Some(mut message) = self.app.store.find::<Message>(&Message::key_of(id)).await? else {
            return Ok(Delivery::Nothing);
        };
        let now = self.app.now();
        if message.attempts > 0 && message.due_at > now.seconds() {
            return Ok(Delivery::Nothing); // leased, or not yet due for its next attempt
        }
        if message.channel == Channel::Nobody {
            return self.finish(&message, Delivery::Nothing).await;
        }
        if now > message.deliver_until {
            self.count(Metric::MailsLate);
            tracing::warn!(
                event = "message_late",
                kind = message.kind,
                "message dropped: its code or link has expired"
            );
            return self.finish(&message, Delivery::Dropped).await;
        }
        message.attempts += 1;
        message.due_at = now.seconds() + LEASE;
        match self.app.store.commit(vec![Write::replace(&message)?]).await? {
            Committed::Done => message.version += 1,
            Committed::Refused(_) | Committed::Contended => return Ok(Delivery::Nothing),
        }
        match self.send(&message).await {
            Ok(()) => {
                self.count(Metric::MailsSent);
                tracing::info!(event = "message_sent", kind = message.kind, "message sent");
                self.finish(&message, Delivery::Sent).await
            }
            Err(SendError::Permanent(error)) => {
                self.count(Metric::MailsFailed);
                tracing::error!(
                    event = "message_refused",
                    kind = message.kind,
                    error,
                    "message dropped: it was refused or cannot be rendered"
                );
                self.finish(&message, Delivery::Dropped).await
            }
            Err(SendError::Transient(error)) => {
                self.count(Metric::MailsFailed);
                tracing::warn!(event = "message_failed", kind = message.kind, error, "message postponed");
                self.postpone(message).await
            }
        }
    }

    /// Returns whether a delivery that starts now ends before this time in any case.
    pub fn has_time(&self, until: Option<Timestamp>) -> bool {
        until.is_none_or(|until| self.app.now().plus_seconds(LONGEST_DELIVERY) <= until)
    }

    /// Delivers the messages that are due by the index: messages that the stream missed, and messages that failed
    /// before. Messages that cannot be delivered before `until` stay due for the next sweep.
    ///
    /// # Errors
    /// Returns an error if the table is unavailable.
    pub async fn sweep(&self, until: Option<Timestamp>) -> Result<Vec<Delivery>, StoreError> {
        const MOST: i32 = 100;
        let mut deliveries = Vec::new();
        let due = self.app.store.list_due(MOST).await?;
        let oldest = due.first().map_or(0, |(_, due_at)| self.app.now().seconds() - due_at);
        self.app.metrics.record(self.app.now(), Metric::OldestDueSeconds(oldest));
        let mut failure = None;
        for id in due.iter().filter_map(|(key, _)| Message::id_of(&key.pk)) {
            if !self.has_time(until) {
                break;
            }
            // A message that cannot be read must not block the messages behind it.
            match self.deliver(id).await {
                Ok(delivery) => deliveries.push(delivery),
                Err(error) => {
                    tracing::error!(%error, "message could not be read from the table");
                    failure = Some(error);
                }
            }
        }
        failure.map_or(Ok(deliveries), Err)
    }

    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let permanent = |error: &dyn std::fmt::Display| SendError::Permanent(error.to_string());
        let contents = message.open(&self.app.keys).ok_or_else(|| permanent(&"it cannot be decrypted"))?;
        let kind = match message.known_kind() {
            Some(Kind::Mail(kind)) => kind,
            Some(Kind::Sms(kind)) => {
                let text = self.renderer.sms(kind, &contents.params).map_err(|e| permanent(&e))?;
                return self.transport.sms(&contents.to, &text).await;
            }
            Some(Kind::Decoy) => return Ok(()),
            // During a deployment, a newer function can write such a message. The newer mailer sends it.
            None => return Err(SendError::Transient("this version does not know the kind or the channel".to_owned())),
        };
        let to = mime::address(&contents.to).map_err(|e: MimeError| permanent(&e))?;
        let mail = self.renderer.mail(kind, &contents.params).map_err(|e| permanent(&e))?;
        let host = self.app.settings.service.public_url.host_str().unwrap_or("localhost");
        let from = &self.app.settings.mail.from;
        // The id comes from the message, so a mail that is sent twice has the same id both times.
        let id = format!("{}@{host}", message.id);
        let bytes = mime::message(from, &to, &mail, message.created.to_jiff(), &id).map_err(|e| permanent(&e))?;
        self.transport.mail(&to, &bytes).await
    }

    /// Postpones the next attempt, each time for longer, up to an hour. After the last attempt, the next one is a day
    /// later, and the age of the oldest due message raises an alarm.
    async fn postpone(&self, mut message: Message) -> Result<Delivery, StoreError> {
        let pause = 30i64.saturating_mul(1 << message.attempts.min(7)).min(3600);
        let next = if message.attempts >= MOST_ATTEMPTS { 86_400 } else { pause };
        message.due_at = self.app.now().seconds() + next;
        self.app.store.commit(vec![Write::replace(&message)?]).await?;
        Ok(Delivery::Later)
    }

    fn count(&self, metric: Metric) {
        self.app.metrics.record(self.app.now(), metric);
    }

    /// Deletes the message, even if another worker leased it in the meantime: it is already sent or no longer needed.
    async fn finish(&self, message: &Message, delivery: Delivery) -> Result<Delivery, StoreError> {
        self.app.store.commit_with_retries(vec![Write::discard(message.key())]).await?;
        Ok(delivery)
    }
}
