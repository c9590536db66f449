//! Events of the table's stream.

use crate::Mailer;
use serde_json::{Value as Json, json};
use shared::clock::Timestamp;
use shared::outbox::Message;

/// Returns the ids of the messages that these stream records insert, with each record's sequence number.
pub fn message_ids(records: &[Json]) -> Vec<(String, String)> {
    let inserted = |record: &Json| {
        let text = |pointer| record.pointer(pointer).and_then(Json::as_str);
        let id = Message::id_of(text("/dynamodb/Keys/pk/S")?)?;
        let number = text("/dynamodb/SequenceNumber").unwrap_or_default();
        (text("/eventName") == Some("INSERT")).then(|| (id.to_owned(), number.to_owned()))
    };
    records.iter().filter_map(inserted).collect()
}

/// Handles a batch of stream records. The answer lists the records that Lambda must deliver again, including those for
/// which no time was left.
pub async fn handle_stream(mailer: &Mailer, records: &[Json], until: Option<Timestamp>) -> Json {
    let mut failed = Vec::new();
    for (id, number) in message_ids(records) {
        if !mailer.has_time(until) {
            tracing::warn!("message left for the next invocation: not enough time");
            failed.push(json!({"itemIdentifier": number}));
            continue;
        }
        if let Err(error) = mailer.deliver(&id).await {
            tracing::error!(%error, "message could not be read from the table");
            failed.push(json!({"itemIdentifier": number}));
        }
    }
    json!({"batchItemFailures": failed})
}
