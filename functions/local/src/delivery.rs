//! Delays a response until the messages of its request are in the folder. A user or script that reads the response can
//! then find the mail at once.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use shared::outbox::Message;
use shared::store::Observer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// The maximum delay of a response. A message that cannot be written is retried later.
const PATIENCE: Duration = Duration::from_secs(2);

/// Counts the messages that were written, and those that the mailer has processed.
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
    /// Returns the observer to which the store reports its writes.
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

    /// Resolves when a message was written since the last call.
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

/// Middleware that delays a response until the messages that its request wrote are delivered.
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
