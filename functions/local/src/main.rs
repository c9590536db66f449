//! `latchkey`: the whole service on a laptop.

use clap::{Parser, Subcommand};
use local::{Error, Lab, Options, serve};
use shared::ambient::SystemClock;
use shared::settings::{Source, document};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Headless authentication: the whole service in one process.
#[derive(Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8000", global = true)]
    listen: SocketAddr,
    /// Folder of the embedded table; `:memory:` keeps it in memory.
    #[arg(long, default_value = ".latchkey", global = true)]
    data: PathBuf,
    /// Folder that messages are written to; `outbox` in the data folder unless told.
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
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let lab = match cli.command {
        Some(Command::Settings) => {
            print!("{}", document());
            return ExitCode::SUCCESS;
        }
        Some(Command::Serve { lab }) => lab,
        None => false,
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,webauthn_rs_core=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match run(cli, lab).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchkey: {error}");
            let is_usage = matches!(error.downcast_ref(), Some(Error::LabBeyondLoopback(_)));
            if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(cli: Cli, lab: bool) -> Result<(), Box<dyn std::error::Error>> {
    let in_memory = cli.data.as_os_str() == ":memory:";
    let beside = if in_memory { PathBuf::from(".latchkey") } else { cli.data.clone() };
    let outbox = cli.outbox.unwrap_or_else(|| beside.join("outbox"));
    let data = (!in_memory).then_some(cli.data);
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
