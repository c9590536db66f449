//! Lets an answer wait until its messages are in the folder: whoever signs up by hand, or by a script, finds the
//! mail as soon as they are told that there is one.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use shared::outbox::Message;
use shared::store::Observer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// An answer waits no longer than this: a message that cannot be written is tried again later.
const PATIENCE: Duration = Duration::from_secs(2);

/// Counts messages that were written, and how many of them the mailer has looked at.
pub(crate) struct DeliveryTracker {
    written: AtomicU64,
    filled: Notify,
    delivered: watch::Sender<u64>,
}

impl Default for DeliveryTracker {
    fn default() -> Self {
        Self { written: AtomicU64::new(0), filled: Notify::new(), delivered: watch::Sender::new(0) }
    }
}

impl DeliveryTracker {
    /// To be told of what commits write.
    pub(crate) fn observer(self: &Arc<Self>) -> Observer {
        let deliveries = self.clone();
        Arc::new(move |key| {
            if Message::id_of(&key.pk).is_some() {
                deliveries.written.fetch_add(1, Ordering::SeqCst);
                deliveries.filled.notify_one();
            }
        })
    }

    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// Resolves when something was written since it last did.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Returns a receiver that changes whenever messages may have arrived in the folder.
    pub(crate) fn arrivals(&self) -> watch::Receiver<u64> {
        self.delivered.subscribe()
    }

    pub(crate) fn has_delivered(&self, written: u64) {
        self.delivered.send_replace(written);
    }
}

/// Middleware: an answer whose request wrote messages waits for them.
pub(crate) async fn deliver_first(
    State(deliveries): State<Arc<DeliveryTracker>>,
    request: Request,
    next: Next,
) -> Response {
    let before = deliveries.written();
    let response = next.run(request).await;
    let written = deliveries.written();
    if written > before {
        let mut delivered = deliveries.delivered.subscribe();
        let _ = tokio::time::timeout(PATIENCE, delivered.wait_for(|count| *count >= written)).await;
    }
    response
}
