//! The stage that waits for the passkey that somebody signs up with.

use super::{Need, StageContext};

/// Stops whoever signs up by a passkey and has none yet.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let waits = stage.login.by_passkey && stage.user.is_some_and(|user| user.credentials().next().is_none());
    if waits { Need::Stop } else { Need::Nothing }
}
