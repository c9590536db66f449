//! Collects an item of every kind while the stories run, for `shared/fixtures`: the richest one that any story makes.
//!
//!     LATCHKEY_TEST_FIXTURES=$PWD/shared/fixtures/v1 cargo test -p tests --test it story:: -- --test-threads 1
//!
//! Nothing is collected otherwise. The README beside the fixtures says when to do it.

use crate::lab::Reply;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

const FOLDER: &str = "LATCHKEY_TEST_FIXTURES";

pub fn are_collected() -> bool {
    std::env::var_os(FOLDER).is_some()
}

/// Keeps what is richer than what is there already.
pub fn collect(items: &Reply) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    // What rate limits count has no version: each write names single attributes.
    let is_versioned = |item: &&Value| item.get("version").is_some();
    for item in items.json.as_array().into_iter().flatten().filter(is_versioned) {
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

/// The places of all attributes; those of a list's elements are one.
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
