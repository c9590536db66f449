//! `latchkey`: the whole service on a laptop.

use clap::{Parser, Subcommand};
use local::command::{self, CommandError, Common, Place, Restored};
use local::{Error, Lab, Options, serve};
use shared::ambient::SystemClock;
use shared::settings::{Source, document};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// The default folder of the embedded table.
const DATA: &str = ".latchkey";

/// Accounts, logins and sessions: the whole service in one process.
#[derive(Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", global = true)]
    listen: SocketAddr,
    /// Folder of the embedded table, `.latchkey` by default. `:memory:` keeps the table in memory.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Name of a DynamoDB table in AWS, for commands. Set AWS_REGION and credentials in the environment.
    #[arg(long, global = true, conflicts_with = "data")]
    table: Option<String>,
    /// Print JSON instead of text, one object per line.
    #[arg(long, global = true)]
    json: bool,
    /// Do not ask for confirmation.
    #[arg(long, global = true)]
    yes: bool,
    /// Folder for mails and text messages. The default is `outbox` in the data folder.
    #[arg(long, global = true)]
    outbox: Option<PathBuf>,
    /// JSON file of accounts to create at startup if they do not exist: a list of objects with `email`, `password`,
    /// `verified`, `role`, `is_staff`, `is_superuser`, `is_active`, `first_name`, `last_name`.
    #[arg(long, global = true)]
    users: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the service. This is the default command.
    Serve {
        /// Adds routes under `/_latchkey/lab/` for tests of other software. Tests can move the clock, read the inbox, inject
        /// faults and reset the accounts. Requires a loopback address.
        #[arg(long)]
        lab: bool,
    },
    /// Prints a Markdown page with all settings.
    Settings,
    /// Updates items of earlier versions. Can be stopped and run again, also while the service runs.
    Migrate,
    /// Ends all sessions, links and tokens after a restore to an earlier time.
    Restored {
        /// The table before the restore: a folder, or the name of a table in AWS. Users with a different password in that table
        /// have to reset their password.
        #[arg(long)]
        from: Option<String>,
    },
}

/// Runs the command that the arguments name.
#[tokio::main]
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Settings) = cli.command {
        print!("{}", document());
        return ExitCode::SUCCESS;
    }
    if cli.table.is_some() && matches!(cli.command, None | Some(Command::Serve { .. })) {
        eprintln!(
            "latchkey: the service does not accept --table; set AWS_ENDPOINT_URL_DYNAMODB to use another DynamoDB"
        );
        return ExitCode::from(2);
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,webauthn_rs_core=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let done = match &cli.command {
        Some(Command::Migrate) => with_table(&cli, async |common| command::migrate(&common).await).await,
        Some(Command::Restored { from }) => {
            let told = Restored { from: from.clone() };
            with_table(&cli, async |common| command::restored(&common, &told).await).await
        }
        _ => {
            let lab = matches!(cli.command, Some(Command::Serve { lab: true }));
            run(cli, lab).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchkey: {error}");
            let is_usage = matches!(error.downcast_ref(), Some(Error::LabBeyondLoopback(_)));
            if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Runs a command on the table that the arguments name.
async fn with_table(
    cli: &Cli,
    work: impl AsyncFnOnce(Common) -> Result<(), CommandError>,
) -> Result<(), Box<dyn std::error::Error>> {
    let folder = || cli.data.clone().unwrap_or_else(|| DATA.into());
    let place = cli.table.clone().map_or_else(|| Place::Folder(folder()), Place::Aws);
    let common = Common { place, json: cli.json, yes: cli.yes, source: Source::from_process()? };
    Ok(work(common).await?)
}

async fn run(cli: Cli, lab: bool) -> Result<(), Box<dyn std::error::Error>> {
    let data = cli.data.unwrap_or_else(|| DATA.into());
    let in_memory = data.as_os_str() == ":memory:";
    let beside = if in_memory { PathBuf::from(DATA) } else { data.clone() };
    let outbox = cli.outbox.unwrap_or_else(|| beside.join("outbox"));
    let data = (!in_memory).then_some(data);
    let mut options = Options::new(cli.listen, data, outbox.clone(), Source::from_process()?);
    if let Some(path) = cli.users {
        let wrong = |error: &dyn std::fmt::Display| format!("--users {}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        options.accounts = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    }
    options.lab = lab.then(|| Lab::new(Arc::new(SystemClock)));
    let ready = |url: &str, listening: SocketAddr| {
        println!("Latchkey is ready at {url}");
        println!("mails and text messages go to {}", outbox.display());
        if lab {
            println!("the lab is at http://{listening}/_latchkey/lab/");
        }
    };
    tokio::select! {
        served = serve(options, ready) => Ok(served?),
        _ = tokio::signal::ctrl_c() => Ok(()),
        () = terminated() => Ok(()),
    }
}

/// Resolves when the process is asked to end.
async fn terminated() {
    #[cfg(unix)]
    if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        signal.recv().await;
        return;
    }
    std::future::pending().await
}
