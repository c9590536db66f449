//! Checks that messages leave the outbox.

use super::{Check, in_words};
use crate::app::App;

const NAME: &str = "outbox";

/// Seconds after which a due message should have been tried: several sweeps.
const LATE: u64 = 300;
/// Seconds after which the mailer has certainly stopped.
const STOPPED: u64 = 3600;

pub(super) async fn check(app: &App) -> Check {
    let oldest = match app.store.list_due(1).await {
        Ok(due) => due.first().map(|(_, due_at)| *due_at),
        Err(error) => return Check::error(NAME, error.to_string(), "check the permissions on the index `due`"),
    };
    let Some(due_at) = oldest else { return Check::ok(NAME, "no message is due") };
    let age = app.now().seconds().saturating_sub(due_at).unsigned_abs();
    let what = format!("the oldest message has been due for {}", in_words(age));
    let advice = "look into the log of the mailer and its schedule. `latchkey messages list` shows what waits";
    match age {
        0..LATE => Check::ok(NAME, what),
        LATE..STOPPED => Check::warning(NAME, what, advice),
        _ => Check::error(NAME, format!("{what}: the mailer does not run"), advice),
    }
}
