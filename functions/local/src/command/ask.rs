//! Questions to the user at the terminal, and input from it.

use super::CommandError;
use std::io::{BufRead, IsTerminal, Write};

/// Reads a password from the first line of standard input.
pub(super) fn read_password() -> Result<String, CommandError> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| CommandError::Io("standard input".to_owned(), error))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(CommandError::Refused("standard input has no password".to_owned()));
    }
    Ok(password.to_owned())
}

/// Asks for confirmation. Any answer except yes declines. An input that is not a terminal also declines.
pub(super) fn confirm(question: &str) -> Result<(), CommandError> {
    let io = |error| CommandError::Io("the terminal".to_owned(), error);
    if !std::io::stdin().is_terminal() {
        eprintln!("latchkey: {question} Use --yes to confirm.");
        return Err(CommandError::Declined);
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush().map_err(io)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(io)?;
    let is_yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if is_yes { Ok(()) } else { Err(CommandError::Declined) }
}
