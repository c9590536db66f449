//! `latchkey migrate`: updates items that earlier versions wrote.

use super::progress::Progress as Shown;
use super::{CommandError, Common};
use serde::Serialize;
use shared::maintenance::migrate as operation;
use shared::maintenance::migrate::Progress;
use shared::store::SCHEMA;
use std::fmt::{Display, Formatter, Result as Written};

/// The report of the command.
#[derive(Serialize)]
struct Report<'a> {
    schema: u64,
    #[serde(flatten)]
    progress: &'a Progress,
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Progress { looked_at, outdated, migrated, moved, overtaken, blocked } = self.progress;
        write!(
            f,
            "{looked_at} items read, {outdated} outdated, {migrated} migrated ({moved} moved), {overtaken} updated by the \
             service meanwhile, {blocked} not moved because of a conflict"
        )
    }
}

/// Updates outdated items. Unless `--yes` is given, it first counts them and asks for confirmation. It can be stopped
/// at any time and run again to continue.
///
/// # Errors
/// [`CommandError`].
pub async fn migrate(common: &Common) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let store = opened.store();
    let mut steps = None;
    // Counting reads the whole table, so it is done only for the question.
    if !common.yes {
        let counted = operation::count(store).await?;
        if counted.outdated == 0 {
            return Shown::new(common.output, None).done(&report(&counted));
        }
        let (outdated, all) = (counted.outdated, counted.looked_at);
        common.confirm(&format!(
            "{outdated} of {all} items are outdated and will be updated to schema {SCHEMA}. Continue?"
        ))?;
        steps = Some(outdated);
    }
    let mut shown = Shown::new(common.output, steps);
    let done = operation::migrate(store, |progress| shown.report(progress.migrated, &report(progress))).await;
    shown.clear();
    shown.done(&report(&done?))
}

fn report(progress: &Progress) -> Report<'_> {
    Report { schema: SCHEMA, progress }
}
