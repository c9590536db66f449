//! Collects items for `shared/fixtures` while the stories run. Of each kind of item it keeps the one with the most
//! attributes.
//!
//!     LATCHKEY_TEST_FIXTURES=$PWD/shared/fixtures/v1 cargo test -p tests --test it story:: -- --test-threads 1
//!
//! Without this variable nothing is collected. The README of the fixtures says when to collect them.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

const FOLDER: &str = "LATCHKEY_TEST_FIXTURES";

pub fn are_collected() -> bool {
    std::env::var_os(FOLDER).is_some()
}

/// Saves each item that has more attributes than the saved one of its kind.
pub fn collect(items: &[Value]) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    // Counters of rate limits have no version, because each write names single attributes.
    let is_versioned = |item: &&Value| item.get("version").is_some();
    for item in items.iter().filter(is_versioned) {
        let file = folder.join(format!("{}.json", kind(item)));
        let known = std::fs::read_to_string(&file).map(|text| serde_json::from_str(&text).unwrap());
        if known.is_err() || paths(&known.unwrap()).len() < paths(item).len() {
            std::fs::write(file, format!("{item:#}\n")).unwrap();
        }
    }
}

fn kind(item: &Value) -> String {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    let (pk, sk) = (text("pk"), text("sk"));
    let first = |text: &str| text.split('#').next().unwrap().to_lowercase();
    match (first(&pk).as_str(), first(&sk).as_str()) {
        ("user", "ticket") => format!("ticket-{}", sk.split('#').nth(1).unwrap()),
        ("user", "session") if item.get("bearer").is_some() => "session-bearer".to_owned(),
        ("user", kind) => kind.to_owned(),
        ("email", kind) => format!("email-{kind}"),
        ("outbox", _) => format!("outbox-{}", item["channel"]["S"].as_str().unwrap()),
        (kind, _) => kind.to_owned(),
    }
}

/// Returns the paths of all attributes. All elements of a list have the same path.
fn paths(item: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), found)),
            Value::Array(list) => list.iter().for_each(|value| walk(value, path, found)),
            _ => {}
        }
        found.insert(path.to_owned());
    }
    let mut found = BTreeSet::new();
    walk(item, "", &mut found);
    found
}
