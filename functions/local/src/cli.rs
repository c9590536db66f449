//! The command line: commands, arguments and their help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The heading of the options that only the service has.
const SERVICE: &str = "Options of the service";

/// Headless authentication: the whole service in one process, and commands for operators.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version)]
pub struct Cli {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", global = true, help_heading = SERVICE)]
    pub listen: SocketAddr,
    /// Folder of the embedded table. `.latchkey` by default; `:memory:` keeps the table in memory.
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
    /// Name of a table in AWS, for commands. Credentials and region are found as AWS's own tools find them.
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
    /// Accounts to create at startup if they do not exist: a JSON list of objects with `email`, `password`,
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
    /// Runs the service. This is the default command.
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
    /// Prints the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the manual page, or writes the pages of all commands to a folder.
    Man {
        /// The folder.
        folder: Option<PathBuf>,
    },
    /// A command that works on a table.
    #[command(flatten)]
    Table(TableCommand),
}

/// A command that works on a table.
#[derive(Debug, Subcommand)]
pub enum TableCommand {
    /// Finds, creates and changes users.
    #[command(subcommand)]
    Users(Users),
    /// Lists, creates and revokes credentials of programs that use the admin API.
    #[command(subcommand)]
    ApiKeys(ApiKeys),
    /// Lists and ends the sessions of a user.
    #[command(subcommand)]
    Sessions(Sessions),
    /// Lists and replaces the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Lists the mails and text messages that wait, and decides about one.
    #[command(subcommand)]
    Messages(Messages),
    /// Checks a deployment or a local service, line by line, and says what to do. Needs the settings of the functions in
    /// the environment if the table is in AWS. The exit status is 1 if there is an error.
    Doctor,
    /// Brings items of earlier versions up to date. Can be stopped and run again, also while the service runs.
    Migrate,
    /// Ends every session, link and token, after a restore to an earlier point in time.
    Restored {
        /// The table before the restore: a folder, or the name of a table in AWS. Users who have a different password
        /// there must reset their password.
        #[arg(long)]
        from: Option<String>,
    },
}

/// A command about users. USER is an id, an email address, a username or a phone number.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Lists users, the newest first.
    List {
        /// Only users who have an address, a username or a name that starts with this, or exactly this id or phone
        /// number.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Most users to list.
        #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Shows a user: addresses, second factors, failed logins, sessions, and messages that wait.
    Show {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
    /// Creates a user.
    Create {
        /// The email address.
        email: String,
        /// Read the password from standard input. Without it, the user has no password.
        #[arg(long)]
        password_stdin: bool,
        /// The address counts as verified.
        #[arg(long)]
        verified: bool,
        /// The user can use the administration.
        #[arg(long)]
        staff: bool,
        /// The user can also make and remove other operators.
        #[arg(long)]
        superuser: bool,
        /// The role, as a number.
        #[arg(long, default_value_t = 0)]
        role: u32,
    },
    /// Sets the password of a user and ends all their sessions.
    SetPassword {
        /// An id, an email address, a username or a phone number.
        user: String,
        /// Where the password comes from.
        #[command(flatten)]
        password: NewPassword,
    },
    /// Marks an address of a user as verified.
    VerifyEmail {
        /// An id, an email address, a username or a phone number.
        user: String,
        /// The address. The primary one by default.
        email: Option<String>,
    },
    /// Disables a user: they cannot log in, and their sessions end at once.
    Disable {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
    /// Enables a user who was disabled.
    Enable {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
    /// Deletes a user. If this was interrupted, run it again with the user's id.
    Delete {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
    /// Removes all second factors and passkeys of a user.
    ResetMfa {
        /// An id, an email address, a username or a phone number.
        user: String,
    },
}

/// Where a password comes from. It is never an argument, because other users of the machine can see those.
#[derive(Debug, Args)]
#[group(required = true)]
pub struct NewPassword {
    /// Read the password from standard input.
    #[arg(long)]
    pub password_stdin: bool,
}

/// A command about API keys.
#[derive(Debug, Subcommand)]
pub enum ApiKeys {
    /// Creates a key and shows its token once.
    Create {
        /// A name by which you know the key.
        name: String,
        /// The scope of the key.
        #[arg(long, value_enum, default_value_t = KeyScope::Read)]
        scope: KeyScope,
        /// Days after which the key expires. It does not expire by default.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        days: Option<u32>,
    },
    /// Lists the keys, the newest first.
    List,
    /// Revokes a key.
    Revoke {
        /// The id, as `api-keys list` shows it.
        id: String,
    },
}

/// The scope of an API key.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyScope {
    /// Reading.
    Read,
    /// Reading and changing.
    Write,
}

/// A command about sessions.
#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// Lists the sessions of a user, the oldest first.
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
    /// Creates the next key now. It signs after three hours, when all verifiers have fetched it. Needs the service's
    /// SECRET_KEY in the environment if the table is in AWS.
    Rotate,
}

/// A command about messages.
#[derive(Debug, Subcommand)]
pub enum Messages {
    /// Lists the messages that wait, in the order of their next attempts. Shows recipients if the environment contains
    /// the service's SECRET_KEY.
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
