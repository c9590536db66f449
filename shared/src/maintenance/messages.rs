//! The outbox: listing messages that wait, and retrying or deleting one.

use crate::app::App;
use crate::clock::Timestamp;
use crate::outbox::Message;
use crate::store::{Again, Decision, Store, StoreError, Write};

/// Most keys that one request reads (DynamoDB's `BatchGetItem`).
const MOST_KEYS: usize = 100;

/// Lists all messages that wait, the one that is due first at the beginning.
///
/// # Errors
/// The table is unavailable.
pub async fn list(store: &Store) -> Result<Vec<Message>, StoreError> {
    let (mut all, mut start) = (Vec::new(), None);
    loop {
        let page = store.list_queue(start).await?;
        for keys in page.items.chunks(MOST_KEYS) {
            // Messages that were sent after the index was read are missing here.
            all.extend(store.find_all::<Message>(keys).await?.into_iter().flatten());
        }
        start = page.next;
        if start.is_none() {
            return Ok(all);
        }
    }
}

/// The result of [`retry`].
#[derive(Debug)]
pub enum Retry {
    /// The message is due now, and has all its attempts again.
    Due,
    /// There is no such message. It may have been sent.
    Missing,
    /// The code or link of the message expired at this moment: the mailer would drop it.
    TooLate(Timestamp),
}

/// Makes a message due now. The mailer's next sweep sends it.
///
/// # Errors
/// The table is unavailable.
pub async fn retry(app: &App, id: &str) -> Result<Retry, StoreError> {
    let key = Message::key_of(id);
    let decide = |(), _: Option<Again>| {
        let key = key.clone();
        async move {
            let Some(mut message) = app.store.find::<Message>(&key).await? else {
                return Ok(Decision::Settled(Retry::Missing));
            };
            if message.deliver_until < app.now() {
                return Ok(Decision::Settled(Retry::TooLate(message.deliver_until)));
            }
            message.attempts = 0;
            message.due_at = app.now().seconds();
            Ok::<_, StoreError>(Decision::Write(vec![Write::replace(&message)?], Retry::Due, ()))
        }
    };
    app.store.run((), decide).await
}

/// Finds the message with this id.
///
/// # Errors
/// The table is unavailable.
pub async fn find(store: &Store, id: &str) -> Result<Option<Message>, StoreError> {
    store.find(&Message::key_of(id)).await
}

/// Deletes a message without sending it.
///
/// # Errors
/// The table is unavailable.
pub async fn delete(store: &Store, id: &str) -> Result<(), StoreError> {
    store.discard_all(&[Message::key_of(id)]).await
}
