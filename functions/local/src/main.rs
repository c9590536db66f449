//! `latchkey`: the whole service on a laptop.

use clap::{Parser, Subcommand};
use local::{Options, serve};
use shared::settings::{Source, document};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Headless authentication: the whole service in one process.
#[derive(Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Folder of the embedded table; `:memory:` keeps it in memory.
    #[arg(long, default_value = ".latchkey")]
    data: PathBuf,
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
    /// Prints the page of all settings.
    Settings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Settings) = cli.command {
        print!("{}", document());
        return ExitCode::SUCCESS;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,webauthn_rs_core=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchkey: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
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
