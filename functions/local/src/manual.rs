//! Shell completions and manual pages, generated from the command line's declarations.

use crate::cli::Cli;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::io::{Result, Write};
use std::path::Path;

/// Prints the completions of a shell.
///
/// # Errors
/// The output cannot be written.
pub fn print_completions(shell: Shell) -> Result<()> {
    // The generator panics if it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "latchkey", &mut script);
    std::io::stdout().lock().write_all(&script)
}

/// Prints the manual page of `latchkey`.
///
/// # Errors
/// The output cannot be written.
pub fn print_page() -> Result<()> {
    Man::new(Cli::command()).render(&mut std::io::stdout().lock())
}

/// Writes the manual pages of `latchkey` and of each command to a folder.
///
/// # Errors
/// The folder cannot be written.
pub fn write_pages(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}
