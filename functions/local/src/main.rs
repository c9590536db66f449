//! `latchkey`: the whole service on a laptop.

use clap::{Parser, Subcommand};
use local::command::{self, CommandError, Common, Place, Restored};
use local::{Options, serve};
use shared::settings::{Source, document};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The folder of the embedded table, unless told.
const DATA: &str = ".latchkey";

/// Headless authentication: the whole service in one process.
#[derive(Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Folder of the embedded table, `.latchkey` unless told; `:memory:` keeps it in memory.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// A table in AWS, for commands: AWS_REGION and credentials are in the environment.
    #[arg(long, global = true, conflicts_with = "data")]
    table: Option<String>,
    /// Print JSON: one line for each message.
    #[arg(long, global = true)]
    json: bool,
    /// Do not ask.
    #[arg(long, global = true)]
    yes: bool,
    /// Folder that messages are written to; `outbox` in the data folder unless told.
    #[arg(long)]
    outbox: Option<PathBuf>,
    /// Accounts to make at the start where they do not exist yet: a JSON list of objects with `email`, `password`,
    /// `verified`, `role`, `is_staff`, `is_superuser`, `is_active`, `first_name`, `last_name`.
    #[arg(long)]
    users: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the service. This is what happens without a command, too.
    Serve,
    /// Prints the page of all settings.
    Settings,
    /// Brings items that earlier versions wrote up to date. Can be stopped and run again while the service runs.
    Migrate,
    /// After a restore to an earlier moment: ends every session, link and token from before.
    Restored {
        /// The table as it was before the restore, a folder or a table's name: whoever has another password there has to
        /// reset theirs.
        #[arg(long)]
        from: Option<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Settings) = cli.command {
        print!("{}", document());
        return ExitCode::SUCCESS;
    }
    if cli.table.is_some() && matches!(cli.command, None | Some(Command::Serve)) {
        eprintln!("latchkey: --table is for commands; the service finds its table by AWS_ENDPOINT_URL_DYNAMODB");
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
        None | Some(Command::Serve | Command::Settings) => run(cli).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchkey: {error}");
            ExitCode::FAILURE
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

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
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
    let ready = |url: &str, _| {
        println!("Latchkey is ready at {url}");
        println!("mails and text messages go to {}", outbox.display());
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
