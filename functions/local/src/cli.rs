//! The command line: commands, arguments and their help.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The heading of the options that only the service has.
const SERVICE: &str = "Options of the service";

/// Headless authentication: the whole service in one process, and commands for operators.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version)]
pub struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8000", global = true, help_heading = SERVICE)]
    pub listen: SocketAddr,
    /// Folder of the embedded table. `.latchkey` by default; `:memory:` keeps the table in memory.
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
    /// Name of a table in AWS, for commands. Credentials and region come from where AWS's own tools find them.
    #[arg(long, global = true, conflicts_with = "data")]
    pub table: Option<String>,
    /// Print JSON instead of text: one object on each line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Continue without asking for confirmation.
    #[arg(long, global = true)]
    pub yes: bool,
    /// Folder that messages are written to. By default `outbox` in the data folder.
    #[arg(long, global = true, help_heading = SERVICE)]
    pub outbox: Option<PathBuf>,
    /// Accounts to make at the start where they do not exist yet: a JSON list of objects with `email`, `password`,
    /// `verified`, `role`, `is_staff`, `is_superuser`, `is_active`, `first_name`, `last_name`.
    #[arg(long, global = true, help_heading = SERVICE)]
    pub users: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the service. This is also what happens without a command.
    Serve {
        /// For tests of other software: lets them move the clock, read the inbox, inject faults and reset the accounts,
        /// under `/_latchkey/lab/`. Needs a loopback address.
        #[arg(long)]
        lab: bool,
    },
    /// Prints the page of all settings.
    Settings,
    /// Prints the description of all APIs (OpenAPI), which the service serves.
    #[command(hide = true)]
    Description,
    /// A command that works on a table.
    #[command(flatten)]
    Table(TableCommand),
}

/// A command that works on a table.
#[derive(Debug, Subcommand)]
pub enum TableCommand {
    /// Lists and ends the sessions of a user.
    #[command(subcommand)]
    Sessions(Sessions),
    /// Lists and replaces the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Lists the mails and text messages that wait, and decides about one.
    #[command(subcommand)]
    Messages(Messages),
    /// Brings items of earlier versions up to date. Can be stopped and run again, also while the service runs.
    Migrate,
    /// Ends every session, link and token, after a restore to an earlier moment.
    Restored {
        /// The table before the restore: a folder, or the name of a table in AWS. Users who have a different password there
        /// have to reset theirs.
        #[arg(long)]
        from: Option<String>,
    },
}

/// A command about sessions.
#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// Lists where a user is logged in, the oldest session first.
    List {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
    /// Ends one session of a user, or all. Access tokens stay valid until they expire.
    End {
        /// An id, an email address, a username or a phone number.
        user: String,
        /// Which sessions to end.
        #[command(flatten)]
        which: Which,
    },
}

/// Which sessions to end.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// The session with this id, as `sessions list` shows it.
    pub id: Option<u64>,
    /// All sessions, and logins in progress.
    #[arg(long)]
    pub all: bool,
}

/// A command about signing keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Lists the keys of the table, the newest first.
    List,
    /// Makes the next key now. It signs three hours later, when everybody who verifies tokens has fetched it. Needs the
    /// service's SECRET_KEY in the environment if the table is in AWS.
    Rotate,
}

/// A command about messages.
#[derive(Debug, Subcommand)]
pub enum Messages {
    /// Lists the messages that wait, the one that is tried next first. Shows recipients if the environment has the service's
    /// SECRET_KEY.
    List,
    /// Lets the mailer try a message again now.
    Retry {
        /// The id, as `messages list` shows it. It can start with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Deletes a message without sending it.
    Drop {
        /// The id, as `messages list` shows it. It can start with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}
