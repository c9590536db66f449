//! Tests of the log of a function that panics.

use super::deployment::{Emulated, environment};
use super::gateway::page_event;
use super::runtime::Function;
use super::ses::Ses;
use super::table::Table;

/// Returns the line that the log has after a panic at this path.
fn panicked(path: &str) -> serde_json::Value {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let function = Function::start("panicking", &environment(&ground, &[]));
    assert!(function.invoke(&page_event(path)).is_err());
    let mut lines = function.logged("location", 1);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn a_panic_is_logged_as_one_line_of_json_with_its_location_and_request() {
    let line = panicked("/literal");
    assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"the function panicked".into()));
    assert!(line["location"].as_str().unwrap().starts_with("tests/src/bin/panicking_function.rs:"), "{line}");
    assert_eq!(line["reason"], "no page");
    assert!(line["request_id"].is_string() && line["trace_id"].is_string() && line["timestamp"].is_string(), "{line}");
}

#[test]
fn a_panic_message_that_may_contain_client_input_is_not_logged() {
    let line = panicked("/formatted");
    assert!(line.get("reason").is_none(), "{line}");
}
