//! The location of a table, and how to open it.

use super::{CommandError, aws};
use crate::table::{DATABASE, Table};
use crate::{has_dummy_provider, restored_at, secret_key};
use shared::app::App;
use shared::clock::SystemClock;
use shared::random::SystemRandom;
use shared::settings::{Settings, Source};
use shared::store::Store;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The location of a table.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a data folder.
    Folder(PathBuf),
    /// In AWS, by its name.
    Aws(String),
}

/// An open table, with the settings from the environment.
pub(super) struct Opened {
    app: App,
    has_secret_key: bool,
}

impl Opened {
    /// Returns the table.
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Returns the parts of the service. Use this only for operations that decrypt nothing.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Returns the parts of the service if its secret key is known.
    pub fn sealed(&self) -> Option<&App> {
        self.has_secret_key.then_some(&self.app)
    }
}

impl Place {
    /// Parses a location: a folder if it exists, otherwise the name of a table in AWS.
    pub(super) fn of(name: &str) -> Self {
        if Path::new(name).is_dir() { Self::Folder(name.into()) } else { Self::Aws(name.to_owned()) }
    }

    /// Returns whether the table is in AWS.
    pub(super) fn is_aws(&self) -> bool {
        matches!(self, Self::Aws(_))
    }

    /// Returns the settings of the service, and whether its secret key is among them. If not, they contain another.
    pub(super) fn source(&self, source: &Source) -> Result<(Source, bool), CommandError> {
        let source = self.settings_beside(source.clone())?;
        let mut has_secret_key = true;
        let source = source.with_default("SECRET_KEY", || {
            has_secret_key = false;
            "the key of this service is not known here".to_owned()
        });
        Ok((source, has_secret_key))
    }

    /// Opens the table. Creates nothing.
    pub(super) async fn open(&self, source: &Source) -> Result<Opened, CommandError> {
        let (source, has_secret_key) = self.source(source)?;
        let settings = Settings::load(&source)?;
        let (client, table, missing) = match self {
            Self::Folder(folder) => {
                let missing = CommandError::NoFolder(folder.display().to_string());
                if !folder.join(DATABASE).exists() {
                    return Err(missing);
                }
                (Table::embedded(folder)?.client(None)?, settings.service.table.clone(), missing)
            }
            Self::Aws(name) => {
                let (client, region) = aws::client(&settings.service).await?;
                (client, name.clone(), CommandError::NoTable(name.clone(), region))
            }
        };
        if let Err(error) = client.describe_table().table_name(&table).send().await
            && error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception())
        {
            return Err(missing);
        }
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store = Store::new(client, table, clock.clone(), random.clone());
        let mut app = App::new(Arc::new(settings), store, clock, random);
        app.has_dummy_provider = !self.is_aws() && has_dummy_provider(&app.settings);
        Ok(Opened { app, has_secret_key })
    }

    /// Adds the settings that the local service keeps in its data folder, and its defaults.
    fn settings_beside(&self, source: Source) -> Result<Source, CommandError> {
        let Self::Folder(folder) = self else { return Ok(source) };
        let io = |error| CommandError::Io(folder.display().to_string(), error);
        let kept = [
            ("SECRET_KEY", secret_key::find(folder).map_err(io)?),
            ("LATCHKEY_RESTORED_AT", restored_at::find(Some(folder)).map_err(io)?),
            ("LATCHKEY_PAGES", Some("true".to_owned())),
        ];
        let add = |source: Source, (name, value): (&str, Option<String>)| match value {
            Some(value) => source.with_default(name, || value),
            None => source,
        };
        Ok(kept.into_iter().fold(source, add))
    }
}
