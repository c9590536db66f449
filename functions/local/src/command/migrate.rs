//! `latchkey migrate`: brings items that earlier versions wrote up to date.

use super::{CommandError, Common};
use serde_json::json;
use shared::maintenance::migrate as operation;
use shared::maintenance::migrate::Progress;
use shared::store::SCHEMA;

/// Counts the outdated items, asks, and brings them up to date. Prints how far it is after each page of the table. It can be
/// stopped at any time, and run again to go on.
///
/// # Errors
/// [`CommandError`].
pub async fn migrate(common: &Common) -> Result<(), CommandError> {
    let store = common.store().await?;
    let counted = operation::count(&store, |_| {}).await?;
    if counted.outdated == 0 {
        print(common.json, "done", &counted);
        return Ok(());
    }
    let (outdated, all) = (counted.outdated, counted.looked_at);
    common.confirm(&format!("{outdated} of {all} items are brought up to schema {SCHEMA}. Go on?"))?;
    let done = operation::migrate(&store, |progress| print(common.json, "progress", progress)).await?;
    print(common.json, "done", &done);
    Ok(())
}

fn print(as_json: bool, state: &str, progress: &Progress) {
    let Progress { looked_at, outdated, migrated, moved, overtaken, blocked } = progress;
    if as_json {
        let line = json!({
            "state": state, "schema": SCHEMA, "looked_at": looked_at, "outdated": outdated, "migrated": migrated,
            "moved": moved, "overtaken": overtaken, "blocked": blocked,
        });
        println!("{line}");
        return;
    }
    println!(
        "{state}: {looked_at} items looked at, {outdated} outdated, {migrated} migrated ({moved} moved), \
         {overtaken} written by others meanwhile, {blocked} left where they are"
    );
}
