//! The output of commands: text for people, or JSON for programs with one object on each line.

use super::CommandError;
use comfy_table::{ColumnConstraint, ContentArrangement, Row as TableRow, Table, presets};
use console::Term;
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
        print(&table(rows, terminal_width()))
    }
}

/// Formats a table. With a width, long cells are shortened with `…` so that every row is one line of the terminal. The first
/// column stays whole, because other commands take its values. So do columns that are narrow.
fn table<R: Row>(rows: &[R], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(R::HEADINGS);
    let cells = |row: &R| row.cells().iter().map(|cell| printable(cell)).collect::<Vec<_>>();
    table.add_rows(rows.iter().map(|row| {
        let mut row = TableRow::from(cells(row));
        row.max_height(1);
        row
    }));
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Returns the width of the terminal, or that in `COLUMNS`. `None` if the output goes to a file or another program.
fn terminal_width() -> Option<u16> {
    let terminal = Term::stdout();
    if !terminal.is_term() {
        return None;
    }
    let given = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    given.or_else(|| terminal.size_checked().map(|(_, columns)| columns))
}

fn json(value: &impl Serialize) -> Result<String, CommandError> {
    serde_json::to_string(value).map_err(|error| CommandError::Io("the output".to_owned(), error.into()))
}

/// Prints a line. Unlike `println!`, it does not panic if the reader has closed the pipe.
fn print(text: &str) -> Result<(), CommandError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| CommandError::Io("the output".to_owned(), error))
}

/// Escapes control characters, which a terminal would execute. User agents and addresses come from clients.
pub(super) fn printable(text: &str) -> String {
    let escaped = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(escaped).collect()
}

/// Formats a time to the second (RFC 3339).
pub(super) fn moment(at: Timestamp) -> String {
    Timestamp::from_seconds(at.seconds()).to_jiff().to_string()
}

#[cfg(test)]
mod tests {
    use super::{Row, printable, table};
    use serde::Serialize;

    #[derive(Serialize)]
    struct Session(&'static str, &'static str, &'static str);

    impl Row for Session {
        const HEADINGS: &'static [&'static str] = &["ID", "IP", "USER AGENT"];

        fn cells(&self) -> Vec<String> {
            [self.0, self.1, self.2].map(str::to_owned).into()
        }
    }

    const SESSIONS: [Session; 2] = [
        Session("12345678901234567890", "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
        Session("7", "2001:db8::1", "curl/8"),
    ];

    #[test]
    fn on_a_terminal_each_row_is_one_line_that_fits() {
        let narrow = table(&SESSIONS, Some(60));
        let lines = narrow.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 3, "{narrow}");
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{narrow}");
        assert!(
            lines[1].starts_with("12345678901234567890  203.0.113.7  Mozilla/5.0") && lines[1].ends_with('…'),
            "{narrow}"
        );
        assert!(lines[2].ends_with("curl/8"), "{narrow}");
        assert_eq!(table(&SESSIONS, Some(200)), table(&SESSIONS, None), "nothing is cut or stretched without need");
    }

    #[test]
    fn in_a_pipe_nothing_is_shortened() {
        let wide = table(&SESSIONS, None);
        assert!(wide.lines().nth(1).unwrap().ends_with("Gecko/20100101"), "{wide}");
    }

    #[test]
    fn control_characters_of_a_user_agent_are_escaped() {
        assert_eq!(printable("Moz\u{1b}[2J\u{9b}illa\r\n"), "Moz\\u{1b}[2J\\u{9b}illa\\r\\n");
        assert_eq!(printable("Zoë’s 電話"), "Zoë’s 電話");
    }
}
