//! The output of commands: text for people, or JSON for programs with one object on each line.

use super::CommandError;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use shared::clock::Timestamp;
use std::fmt::Display;
use std::io::Write;

/// The format of the output.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Whether to print JSON.
    pub json: bool,
}

/// A row of a list. As JSON it has all its fields.
pub(super) trait Row: Serialize {
    /// The headings of the columns, for people.
    const HEADINGS: &'static [&'static str];

    /// Returns the texts of the columns.
    fn cells(&self) -> Vec<String>;
}

impl Output {
    /// Prints one fact: with its `Display` for people, or as JSON.
    pub(super) fn line(self, fact: &(impl Serialize + Display)) -> Result<(), CommandError> {
        if self.json { print(&json(fact)?) } else { print(&fact.to_string()) }
    }

    /// Prints a list. For people it is a table. If the list is empty, people get the text `empty` on standard error.
    pub(super) fn list<R: Row>(self, rows: &[R], empty: &str) -> Result<(), CommandError> {
        if self.json {
            return rows.iter().try_for_each(|row| print(&json(row)?));
        }
        if rows.is_empty() {
            eprintln!("{empty}");
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(R::HEADINGS);
        table.add_rows(rows.iter().map(|row| row.cells().iter().map(|cell| printable(cell)).collect::<Vec<_>>()));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        print(&table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n"))
    }
}

fn json(value: &impl Serialize) -> Result<String, CommandError> {
    serde_json::to_string(value).map_err(|error| CommandError::Io("the output".to_owned(), error.into()))
}

/// Prints a line. Unlike `println!`, it does not panic if the reader has closed the pipe.
fn print(text: &str) -> Result<(), CommandError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| CommandError::Io("the output".to_owned(), error))
}

/// Escapes control characters, which a terminal would execute. User agents and addresses come from clients.
fn printable(text: &str) -> String {
    let escaped = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(escaped).collect()
}

/// Formats a time to the second (RFC 3339).
pub(super) fn moment(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_jiff().to_string()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_of_a_user_agent_are_escaped() {
        assert_eq!(printable("Moz\u{1b}[2J\u{9b}illa\r\n"), "Moz\\u{1b}[2J\\u{9b}illa\\r\\n");
        assert_eq!(printable("Zoë’s 電話"), "Zoë’s 電話");
    }
}
