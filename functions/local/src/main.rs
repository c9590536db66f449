//! `latchkey`: the whole service on a laptop.

use clap::{Parser, Subcommand};
use local::command::{self, CommandError, Common, Place, Restored};
use local::{Check, Error, Lab, Options, serve};
use shared::ambient::SystemClock;
use shared::settings::{Source, document};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// The default folder of the embedded table.
const DATA: &str = ".latchkey";

/// Headless authentication: the whole service in one process.
#[derive(Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8000", global = true)]
    listen: SocketAddr,
    /// Folder of the embedded table. `.latchkey` by default; `:memory:` keeps the table in memory.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Name of a table in AWS, for commands. The environment has AWS_REGION and the credentials.
    #[arg(long, global = true, conflicts_with = "data")]
    table: Option<String>,
    /// Print JSON instead of text: one object on each line.
    #[arg(long, global = true)]
    json: bool,
    /// Go on without asking.
    #[arg(long, global = true)]
    yes: bool,
    /// Folder that messages are written to. By default `outbox` in the data folder.
    #[arg(long, global = true)]
    outbox: Option<PathBuf>,
    /// Accounts to make at the start where they do not exist yet: a JSON list of objects with `email`, `password`,
    /// `verified`, `role`, `is_staff`, `is_superuser`, `is_active`, `first_name`, `last_name`.
    #[arg(long, global = true)]
    users: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
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

/// Runs the command that the arguments name.
#[tokio::main]
pub async fn main() -> ExitCode {
    main_with(None).await
}

/// The same, with a check of every response.
pub async fn main_with(check: Option<Arc<dyn Check>>) -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Settings) = cli.command {
        print!("{}", document());
        return ExitCode::SUCCESS;
    }
    if let Some(Command::Description) = cli.command {
        return match local::describe() {
            Ok(description) => {
                print!("{description}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("latchkey: {error}");
                ExitCode::FAILURE
            }
        };
    }
    if cli.table.is_some() && matches!(cli.command, None | Some(Command::Serve { .. })) {
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
        _ => {
            let lab = matches!(cli.command, Some(Command::Serve { lab: true }));
            run(cli, lab, check).await
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

async fn run(cli: Cli, lab: bool, check: Option<Arc<dyn Check>>) -> Result<(), Box<dyn std::error::Error>> {
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
    options.check = check;
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
