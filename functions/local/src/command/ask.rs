//! Questions to the user at the terminal.

use super::CommandError;
use std::io::{BufRead, IsTerminal, Write};

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
