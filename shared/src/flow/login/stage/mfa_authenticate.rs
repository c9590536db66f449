//! The stage at which the user has to use a second factor.

use super::mfa_trust::is_trusted;
use super::{Need, StageContext};

/// Stops if the user has a second factor, did not log in with a passkey, and does not use a trusted browser.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let Some(user) = stage.user else { return Need::Nothing };
    let by_passkey = stage.session.methods.iter().any(|record| record.passwordless);
    let needed = stage.cx.settings.mfa.enabled && user.has_second_factor();
    if needed && !by_passkey && !is_trusted(stage.cx, user) { Need::Stop } else { Need::Nothing }
}
