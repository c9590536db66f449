//! The stage at which the user has to create the passkey of a signup.

use super::{Need, StageContext};

/// Stops if the user signs up with a passkey and has none yet.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let waits = stage.login.by_passkey && stage.user.is_some_and(|user| user.credentials().next().is_none());
    if waits { Need::Stop } else { Need::Nothing }
}
