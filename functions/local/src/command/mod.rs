//! The commands of `latchkey` that work on a table: one in a data folder, even while a service uses it, or one in AWS.
//!
//! Each command has a file, which works on the table and reports the result. The other files are shared by commands:
//! [`place`] opens the table, [`lookup`] finds the user that an argument names, [`output`] prints, [`progress`] shows the
//! progress of a long command, and [`ask`] asks for confirmation.

mod api_keys;
mod ask;
mod aws;
mod doctor;
mod keys;
mod lookup;
mod messages;
mod migrate;
mod output;
mod place;
mod progress;
mod restored;
mod sessions;
mod users;

pub use api_keys::{create as create_api_key, list as list_api_keys, revoke as revoke_api_key};
pub use aws::NoAccess;
pub use doctor::doctor;
pub use keys::{list as list_keys, rotate as rotate_keys};
pub use messages::{drop as drop_message, list as list_messages, retry as retry_message};
pub use migrate::migrate;
pub use output::Output;
pub use place::Place;
pub use restored::restored;
pub use sessions::{end as end_sessions, list as list_sessions};
pub use users::{
    create as create_user, delete as delete_user, disable as disable_user, enable as enable_user, list as list_users,
    reset_mfa, set_password, show as show_user, verify_email,
};

use crate::Error;
use place::Opened;
use shared::operator::Failure;
use shared::settings::{Problems, Source};
use shared::store::StoreError;
use shared::tokens::rotation::RotationError;

/// The options that all commands share.
#[derive(Debug, Clone)]
pub struct Common {
    /// Where the table is.
    pub place: Place,
    /// How to print.
    pub output: Output,
    /// Whether to skip the question for confirmation.
    pub yes: bool,
    /// The settings.
    pub source: Source,
}

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// The table cannot be opened.
    #[error(transparent)]
    Open(#[from] Error),
    /// AWS cannot be accessed.
    #[error(transparent)]
    NoAccess(#[from] NoAccess),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder has no table.
    #[error(
        "{0} has no table. `latchkey serve --data {0}` creates one; --data names another folder, --table a table in AWS"
    )]
    NoFolder(String),
    /// The region has no such table.
    #[error("there is no table {0} in {1}. Check the name, AWS_REGION and AWS_PROFILE")]
    NoTable(String, String),
    /// The command needs the service's own `SECRET_KEY`.
    #[error("this command needs the SECRET_KEY of the service in the environment")]
    NoSecretKey,
    /// No key was created.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// The arguments name something that does not exist, or that the command cannot change.
    #[error("{0}")]
    Refused(String),
    /// A file or the terminal cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The doctor found errors.
    #[error("{0} of the checks found an error")]
    Unhealthy(usize),
    /// The user did not confirm.
    #[error("nothing was changed")]
    Declined,
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => Self::Store(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl Common {
    /// Opens the table.
    async fn open(&self) -> Result<Opened, CommandError> {
        self.place.open(&self.source).await
    }

    /// Asks for confirmation of a change that cannot be undone, unless `--yes` is given.
    fn confirm(&self, question: &str) -> Result<(), CommandError> {
        if self.yes { Ok(()) } else { ask::confirm(question) }
    }
}
