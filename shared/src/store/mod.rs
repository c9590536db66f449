//! The table: typed items, keys, conditions, commits and contention. DynamoDB expressions exist only here.
//!
//! An operation loads what it needs, decides without I/O, and commits once, with one conditional write or one
//! transaction. The result of a commit is [`Committed::Done`], [`Committed::Refused`] or [`Committed::Contended`].

mod attempts;
pub mod aws;
mod commit;
mod describe;
mod directory;
mod expression;
mod item;
mod log;
mod migrate;
mod read;
mod round_trips;
mod schema;
mod write;

pub use attempts::{Again, Decision};
pub use commit::Committed;
pub use describe::{Description, Index};
pub use directory::{DIRECTORY_INDEX, Directory, LISTED_AS, LISTED_IN, Listed, Listing, Order};
#[cfg(test)]
pub(crate) use item::rewrite;
pub use item::{Document, Item, Key, SCHEMA};
pub use log::{Entry, LogState, LogUse, Reserved};
pub use migrate::{Page, Stored};
pub use read::IndexPlace;
pub use round_trips::{RoundTrips, counted};
pub use schema::{DUE_INDEX, TTL_ATTRIBUTE, create_table};
pub use write::{Patch, Write};

use crate::clock::{Clock, Timestamp};
use crate::random::{RandomSource, random_bytes};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::sync::{Arc, LazyLock};

/// An error of the table, which no client has caused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table did not answer, or refused the request because of throttling, permissions or the network.
    #[error("the table is unavailable: {operation}: {code}")]
    Unavailable {
        /// The name of the request.
        operation: &'static str,
        /// The service's error code, or the kind of failure.
        code: String,
    },
    /// Other requests kept changing the same items.
    #[error("the table stayed contended")]
    Busy,
    /// A commit has more writes than a transaction allows. This is a bug of the caller.
    #[error("a commit has {0} writes, but a transaction allows {most}", most = Store::MOST_WRITES)]
    TooManyWrites(usize),
    /// A newer version of the service has written an item in a form that this version does not understand.
    #[error("an item of the table has schema number {0}, but this version understands only up to {SCHEMA}")]
    NewerSchema(u64),
    /// An item does not have the expected shape.
    #[error("an item of the table cannot be read: {0}")]
    Malformed(String),
}

impl StoreError {
    fn sdk<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Self {
        let code = match error {
            SdkError::TimeoutError(_) => "timeout".to_owned(),
            SdkError::DispatchFailure(_) => "no connection".to_owned(),
            SdkError::ConstructionFailure(_) => "request not built".to_owned(),
            other => other.code().unwrap_or("unreadable answer").to_owned(),
        };
        Self::Unavailable { operation, code }
    }
}

/// The table of the service.
#[derive(Clone)]
pub struct Store {
    client: Arc<LazyClient>,
    table: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    observer: Option<Observer>,
    restored_at: Option<Timestamp>,
}

/// A client that is built at the first request to the table.
type LazyClient = LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>;

/// A function that is called with the key of every item that a commit has written.
pub type Observer = Arc<dyn Fn(&Key) + Send + Sync>;

impl Store {
    /// Creates a store for this table.
    pub fn new(client: Client, table: String, clock: Arc<dyn Clock>, random: Arc<dyn RandomSource>) -> Self {
        Self::with_lazy_client(move || client, table, clock, random)
    }

    /// Creates a store whose client is built at the first request to the table.
    pub fn with_lazy_client(
        client: impl FnOnce() -> Client + Send + 'static,
        table: String,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Self {
        let client = Arc::new(LazyClient::new(Box::new(client)));
        Self { client, table, clock, random, observer: None, restored_at: None }
    }

    /// Returns the store with an observer of its commits.
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Returns the store for a table that was restored at this moment. Items that a restore invalidates are not found
    /// if they were created before it ([`Item::made_at`]).
    pub fn restored_at(self, moment: Option<Timestamp>) -> Self {
        Self { restored_at: moment, ..self }
    }

    /// Creates the id of an operation. Its writes contain the id, so that a repeated request recognizes its own writes.
    fn operation_id(&self) -> String {
        crate::secret::encode(&random_bytes::<16>(&*self.random))
    }
}
