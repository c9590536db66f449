#![doc = include_str!("../README.md")]

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
pub use stream::{Start, Stream};

/// An error of something beneath this crate. Its type is not part of the crate's interface, so that a new version of a
/// library beneath is not a new major version of this crate.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the embedded database could not be opened, swept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of the database file could not be created.
    #[error("cannot create the folder of the database: {0}")]
    Folder(#[source] std::io::Error),
    /// SQLite takes the path of its file as text.
    #[error("the path of the database is not UTF-8")]
    Path,
    /// The database answered with an error.
    #[error("{0}")]
    Database(#[source] Cause),
    /// The table has no stream to read.
    #[error("table {0} has no stream")]
    NoStream(String),
    /// Old stream records could not be deleted from the file of the database.
    #[error("cannot delete old stream records: {0}")]
    Trim(#[source] Cause),
}

impl Error {
    fn database(error: impl Into<Cause>) -> Self {
        Self::Database(error.into())
    }

    fn trim(error: impl Into<Cause>) -> Self {
        Self::Trim(error.into())
    }
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
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Path`], and [`Error::Database`] if the file is not such a database.
    pub fn open(file: &Path) -> Result<Self, Error> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(Error::Folder)?;
        }
        let path = file.to_str().ok_or(Error::Path)?;
        let database = Database::new(path).map_err(Error::database)?;
        let connection = beside(file).map_err(Error::database)?;
        Ok(Self::over(database, Some(file.to_owned()), Some(Reads::new(connection))))
    }

    /// Opens a database in memory, which lives as long as its last clone.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn memory() -> Result<Self, Error> {
        Ok(Self::over(Database::memory().map_err(Error::database)?, None, None))
    }

    fn over(database: Database, file: Option<PathBuf>, reads: Option<Reads>) -> Self {
        let changed = Notify::new();
        Self { inner: Arc::new(Inner { database, file, reads, changed }) }
    }

    /// Returns the HTTP client to build an SDK client on. It sends every request to this database, whatever the address
    /// of the request is.
    pub fn http_client(&self) -> SharedHttpClient {
        connector::http_client(self.clone())
    }

    /// Returns an SDK client of this database: [`client()`] over [`Embedded::http_client`].
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        client(self.http_client())
    }

    /// Deletes every item whose time to live has passed, and returns how many there were. DynamoDB does so by itself,
    /// within days.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn sweep_expired(&self) -> Result<usize, Error> {
        let swept = self.inner.database.sweep_ttl().map_err(Error::database)?;
        if swept > 0 {
            self.notify_changed();
        }
        Ok(swept)
    }

    /// Waits until something has been written since the last call returned. Meant for one waiter: a write wakes a single
    /// one.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    /// Reads the stream of a table from a point on.
    ///
    /// # Errors
    /// [`Error::NoStream`], and [`Error::Database`] if there is no such table.
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

/// Opens the database file beside dynoxide.
fn beside(file: &Path) -> Result<rusqlite::Connection, rusqlite::Error> {
    let connection = rusqlite::Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Every write asks for the last number of the stream. Without this index, that reads all of its records.
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS _stream_numbers ON _stream_records(table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(connection)
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
