//! The options of a service before it starts.

use crate::Lab;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Configures a service before it starts.
#[derive(Debug, Clone)]
pub struct Builder {
    binary: PathBuf,
    settings: Vec<(String, String)>,
    accounts: Value,
    folder: Arc<TempDir>,
    pub(crate) is_frozen: bool,
}

impl Default for Builder {
    fn default() -> Self {
        let binary = std::env::var_os("LATCHKEY_BIN").map_or_else(|| "latchkey".into(), PathBuf::from);
        let folder = TempDir::new().expect("a temporary folder can be created");
        let settings = vec![("NO_COLOR".to_owned(), "1".to_owned())];
        Self { binary, settings, accounts: json!([]), folder: Arc::new(folder), is_frozen: false }
    }
}

impl Builder {
    /// Sets the binary to start. The default is the path in `LATCHKEY_BIN`, or else `latchkey` in the search path.
    #[must_use]
    pub fn binary(mut self, path: impl Into<PathBuf>) -> Self {
        self.binary = path.into();
        self
    }

    /// Sets an environment variable of the service: a setting, or another variable that it reads. The service gets no
    /// other variables.
    #[must_use]
    pub fn setting(self, name: &str, value: &str) -> Self {
        self.settings(&[(name, value)])
    }

    /// Sets several environment variables.
    #[must_use]
    pub fn settings(mut self, settings: &[(&str, &str)]) -> Self {
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// Sets the accounts that exist from the start: a list of objects with `email`, `password`, `verified` and the
    /// other fields that `latchkey --help` lists at `--users`.
    #[must_use]
    pub fn accounts(mut self, accounts: &Value) -> Self {
        self.accounts = accounts.clone();
        self
    }

    /// Freezes the clock at the start. The clock then moves only when the test advances it.
    #[must_use]
    pub fn frozen_clock(mut self) -> Self {
        self.is_frozen = true;
        self
    }

    /// Starts the service.
    pub fn start(self) -> Lab {
        let users = self.users();
        std::fs::write(&users, self.accounts.to_string())
            .unwrap_or_else(|error| panic!("{}: {error}", users.display()));
        Lab::spawn(self)
    }

    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.binary);
        command.env_clear().envs(self.settings.iter().cloned());
        command.args(["serve", "--lab", "--listen", "127.0.0.1:0", "--data"]).arg(self.folder().join("data"));
        command.arg("--outbox").arg(self.folder().join("outbox")).arg("--users").arg(self.users());
        command
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn users(&self) -> PathBuf {
        self.folder().join("users.json")
    }
}
