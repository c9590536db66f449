//! The stage that waits for a second factor.

use super::mfa_trust::is_trusted;
use super::{Need, StageContext};

/// Stops whoever has a second factor, has not shown it as a passkey already, and does not come with a trusted browser.
pub(in crate::flow) fn need(cx: &StageContext<'_>) -> Need {
    let Some(user) = cx.user else { return Need::Nothing };
    let by_passkey = cx.session.methods.iter().any(|record| record.passwordless);
    let needed = cx.app.settings.mfa.enabled && user.has_second_factor();
    if needed && !by_passkey && !is_trusted(cx.app, cx.client, user) { Need::Stop } else { Need::Nothing }
}
