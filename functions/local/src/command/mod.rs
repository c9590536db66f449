//! The commands of `latchkey` that work on a table: a folder's, also while a service runs on it, or one in AWS.

mod migrate;
mod restored;

pub use migrate::migrate;
pub use restored::{Restored, restored};

use crate::{Error, Table};
use shared::ambient::{SystemChance, SystemClock};
use shared::settings::{Settings, Source};
use shared::store::{Store, StoreError};
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The options that all commands have.
#[derive(Debug, Clone)]
pub struct Common {
    /// Where the table is.
    pub place: Place,
    /// Whether to print JSON, for programs.
    pub json: bool,
    /// Whether to go on without asking.
    pub yes: bool,
    /// The settings.
    pub source: Source,
}

/// Where a table is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a data folder.
    Folder(PathBuf),
    /// In AWS, by its name. Region and credentials are in the environment.
    Aws(String),
}

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The table cannot be opened.
    #[error(transparent)]
    Open(#[from] Error),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder or the region has no such table.
    #[error("{0}: no table found")]
    NoTable(String),
    /// A file or the terminal.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A question was not answered with yes.
    #[error("nothing was changed")]
    Declined,
}

impl Common {
    /// Opens the table.
    async fn store(&self) -> Result<Store, CommandError> {
        open(&self.place, &self.source).await
    }

    /// Asks before something that cannot be undone.
    fn confirm(&self, question: &str) -> Result<(), CommandError> {
        let io = |error| CommandError::Io("the terminal".to_owned(), error);
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            eprintln!("latchkey: {question} Use --yes to confirm.");
            return Err(CommandError::Declined);
        }
        eprint!("{question} [y/N] ");
        std::io::stderr().flush().map_err(io)?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).map_err(io)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(CommandError::Declined) }
    }
}

/// A store on the table at this place, as it is: nothing is created.
async fn open(place: &Place, source: &Source) -> Result<Store, CommandError> {
    // No command needs the key, and reading the settings does.
    let source = source.clone().with_default("SECRET_KEY", || "no command reads what this key seals".to_owned());
    let settings = Settings::load(&source).map_err(Error::from)?;
    let (table, name) = match place {
        Place::Folder(folder) => {
            if !folder.join("latchkey.db").exists() {
                return Err(CommandError::NoTable(folder.display().to_string()));
            }
            (Table::embedded(folder)?, settings.service.table.clone())
        }
        Place::Aws(name) => (Table::elsewhere(&settings), name.clone()),
    };
    let client = table.client(None)?;
    if let Err(error) = client.describe_table().table_name(&name).send().await
        && error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception())
    {
        return Err(CommandError::NoTable(name));
    }
    Ok(Store::new(client, name, Arc::new(SystemClock), Arc::new(SystemChance)))
}

/// Returns the place that a person names: a folder if it exists, otherwise a table in AWS.
fn place_of(name: &str) -> Place {
    if Path::new(name).is_dir() { Place::Folder(name.into()) } else { Place::Aws(name.to_owned()) }
}
