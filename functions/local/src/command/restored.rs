//! `latchkey restored`: after a restore to an earlier point in time, ends every session, link and token, and removes
//! the passwords that have changed since then.

use super::output::moment;
use super::progress::Progress;
use super::{CommandError, Common, Place};
use crate::restored_at;
use serde::Serialize;
use shared::clock::{Clock, SystemClock};
use shared::maintenance::restore::{Comparison, require_new_passwords};
use std::fmt::{Display, Formatter, Result as Written};

/// The progress of the comparison.
#[derive(Serialize)]
#[serde(transparent)]
struct Compared<'a>(&'a Comparison);

impl Display for Compared<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Comparison { users, changed_password, .. } = self.0;
        write!(f, "{users} users compared, {changed_password} have changed their password since")
    }
}

/// The report at the end of the command.
#[derive(Serialize)]
struct Ended<'a> {
    #[serde(rename = "LATCHKEY_RESTORED_AT")]
    moment: &'a str,
    #[serde(flatten)]
    found: Option<Comparison>,
    #[serde(skip)]
    place: &'a Place,
}

impl Display for Ended<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        if let Some(Comparison { users, changed_password, changed_factors, deleted }) = self.found {
            writeln!(f, "{users} users compared:")?;
            writeln!(f, "  {changed_password} have changed their password since, and need a reset to log in")?;
            writeln!(
                f,
                "  {changed_factors} have changed their authenticators since: they have the earlier ones again"
            )?;
            writeln!(f, "  {deleted} were deleted since: they are there again")?;
        }
        let moment = self.moment;
        match self.place {
            Place::Folder(_) => write!(f, "Restart the service: sessions and tokens from before {moment} are refused."),
            Place::Aws(_) => {
                write!(f, "Deploy this setting in LATCHKEY_SETTINGS: \"LATCHKEY_RESTORED_AT\": \"{moment}\"")
            }
        }
    }
}

/// Ends every session, link and token from before now. For a data folder, it stores the time there. For a table in AWS,
/// it prints the setting to deploy. With `from`, the table before the restore, it first compares the two tables and
/// removes changed passwords.
///
/// # Errors
/// [`CommandError`].
pub async fn restored(common: &Common, from: Option<&str>) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let before = match from {
        Some(from) => Some(Place::of(from).open(&common.source).await?),
        None => None,
    };
    common.confirm(match before {
        Some(_) => {
            "This ends every session, link and token, and removes the passwords that have changed since. Continue?"
        }
        None => "This ends every session, link and token. Continue?",
    })?;
    let found = match before {
        Some(before) => {
            let mut shown = Progress::new(common.output, None);
            let report = |found: &Comparison| shown.report(found.users, &Compared(found));
            let found = require_new_passwords(opened.store(), before.store(), report).await;
            shown.clear();
            Some(found?)
        }
        None => None,
    };
    // Times have a resolution of one second, so use the end of this second.
    let moment = moment(SystemClock.now().plus_seconds(1));
    if let Place::Folder(folder) = &common.place {
        restored_at::put(folder, &moment).map_err(|error| CommandError::Io(folder.display().to_string(), error))?;
    }
    common.output.line(&Ended { moment: &moment, found, place: &common.place })
}
