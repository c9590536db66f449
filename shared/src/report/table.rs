//! Checks of the table's structure and protection.

use super::{Check, Place};
use crate::store::{DIRECTORY_INDEX, DUE_INDEX, Description, LISTED_AS, LISTED_IN, TTL_ATTRIBUTE};

/// The indexes that the service uses, with their keys.
pub(super) const INDEXES: [(&str, [&str; 2]); 2] =
    [(DUE_INDEX, ["queue", "due_at"]), (DIRECTORY_INDEX, [LISTED_IN, LISTED_AS])];

pub(super) fn check(table: &Description, place: Place) -> Vec<Check> {
    let mut checks = vec![keys(table)];
    checks.extend(INDEXES.iter().map(|(name, keys)| index(table, name, keys)));
    checks.push(stream(table));
    checks.push(ttl(table));
    if place == Place::Deployed {
        checks.push(backups(table));
        checks.push(deletion_protection(table));
    } else {
        checks.push(Check::ok("backups", "skipped: the table is a file. Copy the data folder while nothing uses it"));
    }
    checks
}

fn keys(table: &Description) -> Check {
    if table.key == ["pk", "sk"] {
        return Check::ok("table", "keys `pk` and `sk`");
    }
    let what = format!("its keys are {}", table.key.join(", "));
    Check::error("table", what, "create a table with the keys `pk` and `sk`, as template.yaml does")
}

fn index(table: &Description, name: &str, keys: &[&str]) -> Check {
    const NAME: &str = "index";
    let wanted = format!("`{name}` with the keys {}", keys.join(", "));
    let advice = format!("add the index {wanted}, projection KEYS_ONLY: deploy the template again");
    match table.indexes.iter().find(|index| index.name == name) {
        None => Check::error(NAME, format!("there is no index `{name}`"), advice),
        Some(index) if index.key != keys => {
            Check::error(NAME, format!("the keys of `{name}` are {}", index.key.join(", ")), advice)
        }
        Some(index) if !index.is_active => {
            Check::warning(NAME, format!("`{name}` is being built"), "wait until DynamoDB has built it")
        }
        Some(_) => Check::ok(NAME, wanted),
    }
}

fn stream(table: &Description) -> Check {
    const NAME: &str = "stream";
    let advice = "enable a stream with the view KEYS_ONLY, and connect the functions to it: deploy the template again";
    match table.stream.as_deref() {
        Some("KEYS_ONLY") => Check::ok(NAME, "view KEYS_ONLY"),
        Some(other) => {
            let what = format!("view {other}: the functions that read the stream also get what they do not need");
            Check::warning(NAME, what, advice)
        }
        None => Check::error(NAME, "there is none, so messages wait for the next sweep", advice),
    }
}

fn ttl(table: &Description) -> Check {
    const NAME: &str = "ttl";
    let advice = format!("enable time to live on `{TTL_ATTRIBUTE}`: deploy the template again");
    match &table.ttl {
        Ok(Some(attribute)) if attribute == TTL_ATTRIBUTE => Check::ok(NAME, format!("on `{TTL_ATTRIBUTE}`")),
        Ok(Some(other)) => Check::error(NAME, format!("it is on `{other}`, so expired items stay"), advice),
        Ok(None) => Check::error(NAME, "it is off, so expired sessions and rate limits stay in the table", advice),
        Err(error) => unknown(NAME, error, "dynamodb:DescribeTimeToLive"),
    }
}

fn backups(table: &Description) -> Check {
    const NAME: &str = "backups";
    match &table.has_backups {
        Ok(true) => Check::ok(NAME, "point-in-time recovery is on"),
        Ok(false) => Check::error(
            NAME,
            "point-in-time recovery is off: deleted accounts cannot be restored",
            "enable point-in-time recovery: deploy the template again",
        ),
        Err(error) => unknown(NAME, error, "dynamodb:DescribeContinuousBackups"),
    }
}

fn deletion_protection(table: &Description) -> Check {
    const NAME: &str = "deletion_protection";
    if table.is_protected {
        return Check::ok(NAME, "on");
    }
    let what = "off: one wrong call deletes the table with all accounts";
    Check::warning(NAME, what, "enable deletion protection: deploy the template again")
}

fn unknown(name: &'static str, error: &str, permission: &str) -> Check {
    Check::warning(name, format!("unknown: {error}"), format!("grant {permission} on the table"))
}
