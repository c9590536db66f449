//! An embedded DynamoDB for the real AWS SDK client, without a socket.
//!
//! [`Embedded`] owns a database (a SQLite file, or memory) and returns an HTTP client for the SDK. The "server" of this
//! client is the database, which is called in the same process. So tests and the local service run the same code as on
//! AWS: the same client, the same serialization, the same errors, the same retries.
//!
//! [`faults`] is a layer between the two that counts requests and injects the faults of DynamoDB and of networks.

mod client;
mod connector;
pub mod faults;
mod reads;
mod stream;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use reads::Reads;
use tokio::sync::Notify;

pub use client::client;
pub use dynoxide::DynoxideError;
pub use stream::{Start, Stream};

/// The reason why the embedded database could not be opened, swept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder of the database file could not be created.
    #[error("cannot create the folder of the database: {0}")]
    Folder(#[from] std::io::Error),
    /// SQLite requires a path that is valid text.
    #[error("the path of the database is not UTF-8")]
    Path,
    /// The database returned an error.
    #[error(transparent)]
    Database(#[from] DynoxideError),
    /// The table has no stream to read.
    #[error("table {0} has no stream")]
    NoStream(String),
    /// Old stream records could not be deleted from the database's file.
    #[error("cannot delete old stream records: {0}")]
    Tidy(#[from] rusqlite::Error),
    /// A stream record could not be converted to JSON.
    #[error("cannot write a stream record as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// An embedded DynamoDB. Clones share the database.
#[derive(Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    file: Option<PathBuf>,
    reads: Option<Reads>,
    changed: Notify,
}

impl Embedded {
    /// Opens the database in a SQLite file. Creates the file and its folder if they do not exist.
    pub fn open(file: &Path) -> Result<Self, Error> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let path = file.to_str().ok_or(Error::Path)?;
        let database = Database::new(path)?;
        // Every write reads the stream's last number. Without this index, that scans all of its records.
        let connection = rusqlite::Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS _stream_numbers ON _stream_records(table_name, CAST(sequence_number AS INTEGER))",
        )?;
        Ok(Self::over(database, Some(file.to_owned()), Some(Reads::new(connection))))
    }

    /// Opens a database in memory, which exists as long as one of its clones.
    pub fn memory() -> Result<Self, Error> {
        Ok(Self::over(Database::memory()?, None, None))
    }

    fn over(database: Database, file: Option<PathBuf>, reads: Option<Reads>) -> Self {
        let changed = Notify::new();
        Self { inner: Arc::new(Inner { database, file, reads, changed }) }
    }

    /// Returns the HTTP client for an SDK client. Every request goes to this database, whatever its address is.
    pub fn http_client(&self) -> SharedHttpClient {
        connector::http_client(self.clone())
    }

    /// Creates an SDK client of this database: [`client()`] with [`Embedded::http_client`].
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        client(self.http_client())
    }

    /// Deletes every item whose time to live has passed, as DynamoDB does after some time. Returns the number of
    /// deleted items.
    pub fn sweep_expired(&self) -> Result<usize, Error> {
        let swept = self.inner.database.sweep_ttl()?;
        if swept > 0 {
            self.notify_changed();
        }
        Ok(swept)
    }

    /// Waits until something has been written since the last call. Resolves immediately if that has already happened.
    /// It supports one waiter: a write wakes only one.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    /// Reads the stream of a table from this position.
    pub fn stream(&self, table: &str, from: Start) -> Result<Stream, Error> {
        Stream::new(self.clone(), table, from)
    }

    fn file(&self) -> Option<&Path> {
        self.inner.file.as_deref()
    }

    /// Only a database in a file has `Reads`, because a database in memory accepts no second connection.
    fn reads(&self) -> Option<&Reads> {
        self.inner.reads.as_ref()
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    /// `notify_one` keeps a permit without a waiter, so a write between two waits is not missed.
    fn notify_changed(&self) {
        self.inner.changed.notify_one();
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedded")
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
