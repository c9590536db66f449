//! The output of commands: text for people, JSON for programs, one object on each line.

use super::CommandError;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use shared::clock::Timestamp;
use std::fmt::Display;
use std::io::Write;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Whether programs read it.
    pub json: bool,
}

/// A row of a list. As JSON it has all its fields.
pub(super) trait Row: Serialize {
    /// The headings of the columns that people see.
    const HEADINGS: &'static [&'static str];

    /// The texts under them.
    fn cells(&self) -> Vec<String>;
}

impl Output {
    /// Prints one fact: for people as it is displayed.
    pub(super) fn line(self, fact: &(impl Serialize + Display)) -> Result<(), CommandError> {
        if self.json { print(&json(fact)?) } else { print(&fact.to_string()) }
    }

    /// Prints a list: for people a table, or `empty` to the side if there is nothing in it.
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

/// Unlike `println!`, it does not panic when nobody reads any more.
fn print(text: &str) -> Result<(), CommandError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| CommandError::Io("the output".to_owned(), error))
}

/// The text without what a terminal would obey: user agents and addresses are what strangers send.
fn printable(text: &str) -> String {
    let escaped = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(escaped).collect()
}

/// A moment to the second, as people and programs read it (RFC 3339).
pub(super) fn moment(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_jiff().to_string()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_user_agent_does_not_command_the_terminal() {
        assert_eq!(printable("Moz\u{1b}[2J\u{9b}illa\r\n"), "Moz\\u{1b}[2J\\u{9b}illa\\r\\n");
        assert_eq!(printable("Zoë’s 電話"), "Zoë’s 電話");
    }
}
