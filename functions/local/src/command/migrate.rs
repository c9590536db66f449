//! `latchkey migrate`: brings items that earlier versions wrote up to date.

use super::{CommandError, Common};
use serde_json::json;
use shared::maintenance::migrate as operation;
use shared::maintenance::migrate::Progress;
use shared::store::SCHEMA;

/// Brings outdated items up to date. Counts them and asks first, unless `--yes` is given. Prints its progress after each page
/// of the table. It can be stopped at any time, and run again to go on.
///
/// # Errors
/// [`CommandError`].
pub async fn migrate(common: &Common) -> Result<(), CommandError> {
    let store = common.store().await?;
    // Counting reads the whole table, so it is done only to ask.
    if !common.yes {
        let counted = operation::count(&store).await?;
        if counted.outdated == 0 {
            print(common.json, "done", &counted);
            return Ok(());
        }
        let (outdated, all) = (counted.outdated, counted.looked_at);
        common.confirm(&format!(
            "{outdated} of {all} items are outdated and will be updated to schema {SCHEMA}. Continue?"
        ))?;
    }
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
        "{state}: {looked_at} items read, {outdated} outdated, {migrated} migrated ({moved} moved), \
         {overtaken} updated by the service meanwhile, {blocked} not moved because of a conflict"
    );
}
