//! The `latchkey` command: the whole service on a developer's machine, and commands on its table.

use clap::Parser;
use local::cli::{ApiKeys, Cli, Command, KeyScope, Keys, Messages, Sessions, TableCommand, Users};
use local::command::{self, CommandError, Common, Output, Place};
use local::{Check, Error, Lab, Options, manual, serve};
use shared::clock::SystemClock;
use shared::operator::NewUser;
use shared::operator::api_keys::Scope;
use shared::settings::{Source, document};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// The default folder of the embedded table.
const DATA: &str = ".latchkey";

/// Runs the command that the arguments name.
#[tokio::main]
pub async fn main() -> ExitCode {
    main_with(None).await
}

/// Runs the command that the arguments name, with a check of every response.
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
    let written = match &cli.command {
        Some(Command::Completions { shell }) => Some(manual::print_completions(*shell)),
        Some(Command::Man { folder: None }) => Some(manual::print_page()),
        Some(Command::Man { folder: Some(folder) }) => Some(manual::write_pages(folder)),
        _ => None,
    };
    match written {
        Some(Ok(())) => return ExitCode::SUCCESS,
        // A reader that closes the pipe, such as `head`, is not an error.
        Some(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::FAILURE,
        Some(Err(error)) => {
            eprintln!("latchkey: {error}");
            return ExitCode::FAILURE;
        }
        None => {}
    }
    if cli.table.is_some() && matches!(cli.command, None | Some(Command::Serve { .. })) {
        eprintln!("latchkey: --table is for commands; the service finds its table by AWS_ENDPOINT_URL_DYNAMODB");
        return ExitCode::from(2);
    }
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,webauthn_rs_core=off,aws_config=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let done = match &cli.command {
        Some(Command::Table(command)) => match common(&cli) {
            Ok(common) => work(&common, command).await.map_err(Into::into),
            Err(error) => Err(error.into()),
        },
        _ => {
            let lab = matches!(cli.command, Some(Command::Serve { lab: true }));
            run(cli, lab, check).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A reader that closes the pipe, such as `head`, is not an error.
            let is_unread =
                matches!(error.downcast_ref(), Some(CommandError::Io(_, io)) if io.kind() == ErrorKind::BrokenPipe);
            if !is_unread {
                eprintln!("latchkey: {error}");
            }
            let is_usage = matches!(error.downcast_ref(), Some(Error::LabBeyondLoopback(_)));
            if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Returns the options of commands.
fn common(cli: &Cli) -> Result<Common, CommandError> {
    let folder = || cli.data.clone().unwrap_or_else(|| DATA.into());
    let place = cli.table.clone().map_or_else(|| Place::Folder(folder()), Place::Aws);
    Ok(Common { place, output: Output { json: cli.json }, yes: cli.yes, source: Source::from_process()? })
}

/// Runs a command on a table.
async fn work(common: &Common, command: &TableCommand) -> Result<(), CommandError> {
    match command {
        TableCommand::Users(command) => work_on_users(common, command).await,
        TableCommand::ApiKeys(ApiKeys::List) => command::list_api_keys(common).await,
        TableCommand::ApiKeys(ApiKeys::Create { name, scope, days }) => {
            let scope = match scope {
                KeyScope::Read => Scope::Read,
                KeyScope::Write => Scope::Write,
            };
            command::create_api_key(common, name, scope, *days).await
        }
        TableCommand::ApiKeys(ApiKeys::Revoke { id }) => command::revoke_api_key(common, id).await,
        TableCommand::Sessions(Sessions::List { user }) => command::list_sessions(common, user).await,
        TableCommand::Sessions(Sessions::End { user, which }) => command::end_sessions(common, user, which.id).await,
        TableCommand::Keys(Keys::List) => command::list_keys(common).await,
        TableCommand::Keys(Keys::Rotate) => command::rotate_keys(common).await,
        TableCommand::Messages(Messages::List) => command::list_messages(common).await,
        TableCommand::Messages(Messages::Retry { id }) => command::retry_message(common, id).await,
        TableCommand::Messages(Messages::Drop { id }) => command::drop_message(common, id).await,
        TableCommand::Doctor => command::doctor(common).await,
        TableCommand::Migrate => command::migrate(common).await,
        TableCommand::Restored { from } => command::restored(common, from.as_deref()).await,
    }
}

/// Runs a command about users.
async fn work_on_users(common: &Common, command: &Users) -> Result<(), CommandError> {
    match command {
        Users::List { search, limit } => command::list_users(common, search.as_deref(), *limit as usize).await,
        Users::Show { user } => command::show_user(common, user).await,
        Users::Create { email, password_stdin, verified, staff, superuser, role } => {
            let new = NewUser {
                email: Some(email.clone()),
                is_verified: *verified,
                is_staff: *staff,
                is_superuser: *superuser,
                role: *role,
                ..NewUser::default()
            };
            command::create_user(common, new, *password_stdin).await
        }
        Users::SetPassword { user, .. } => command::set_password(common, user).await,
        Users::VerifyEmail { user, email } => command::verify_email(common, user, email.as_deref()).await,
        Users::Disable { user } => command::disable_user(common, user).await,
        Users::Enable { user } => command::enable_user(common, user).await,
        Users::Delete { user } => command::delete_user(common, user).await,
        Users::ResetMfa { user } => command::reset_mfa(common, user).await,
    }
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
        println!("Latchkey is ready. Open {url}/ in a browser.");
        if listening.ip().is_loopback() {
            println!("Inbox:    http://localhost:{}/dev/inbox/", listening.port());
            println!("Settings: http://localhost:{}/dev/", listening.port());
        }
        println!("Mails and text messages go to {}", outbox.display());
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

/// Resolves when the process receives SIGTERM.
async fn terminated() {
    #[cfg(unix)]
    if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        signal.recv().await;
        return;
    }
    std::future::pending().await
}
