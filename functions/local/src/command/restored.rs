//! `latchkey restored`: after a restore to an earlier moment, ends every session, link and token, and takes the passwords
//! away that have changed since.

use super::{CommandError, Common, Place, open, place_of};
use crate::restored_at;
use serde_json::json;
use shared::ambient::{Clock, SystemClock, Timestamp};
use shared::maintenance::restore::{Comparison, require_new_passwords};

/// The arguments of `latchkey restored`.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The table before the restore: a data folder, or the name of a table in AWS.
    pub from: Option<String>,
}

/// Ends everything from before this moment. On a data folder it keeps the moment there; for a table in AWS it prints the
/// setting to deploy. With `from`, it first compares the two tables and takes changed passwords away.
///
/// # Errors
/// [`CommandError`].
pub async fn restored(common: &Common, told: &Restored) -> Result<(), CommandError> {
    let store = common.store().await?;
    let question = match told.from {
        Some(_) => "This ends all sessions, links and tokens, and removes passwords that have changed since. Continue?",
        None => "This ends all sessions, links and tokens. Continue?",
    };
    common.confirm(question)?;
    let found = match &told.from {
        Some(from) => {
            let before = open(&place_of(from), &common.source).await?;
            Some(require_new_passwords(&store, &before).await?)
        }
        None => None,
    };
    // What is made in this second comes after it.
    let moment = Timestamp::from_seconds(SystemClock.now().seconds() + 1).to_jiff().to_string();
    if let Place::Folder(folder) = &common.place {
        restored_at::put(folder, &moment).map_err(|error| CommandError::Io(folder.display().to_string(), error))?;
    }
    print(common, &moment, found.as_ref());
    Ok(())
}

fn print(common: &Common, moment: &str, found: Option<&Comparison>) {
    if common.json {
        let mut line = json!({"LATCHKEY_RESTORED_AT": moment});
        if let Some(Comparison { users, changed_password, changed_factors, deleted }) = found {
            line["users"] = json!(users);
            line["changed_password"] = json!(changed_password);
            line["changed_factors"] = json!(changed_factors);
            line["deleted"] = json!(deleted);
        }
        println!("{line}");
        return;
    }
    if let Some(Comparison { users, changed_password, changed_factors, deleted }) = found {
        println!("{users} users compared:");
        println!("  {changed_password} have changed their password since, and must reset it to log in");
        println!(
            "  {changed_factors} have changed their authenticators since; the restored table has the earlier ones"
        );
        println!("  {deleted} were deleted since; the restored table has them");
    }
    match &common.place {
        Place::Folder(_) => println!("Restart the service: sessions and tokens from before {moment} are refused."),
        Place::Aws(_) => println!("Deploy this setting in LATCHKEY_SETTINGS: \"LATCHKEY_RESTORED_AT\": \"{moment}\""),
    }
}
