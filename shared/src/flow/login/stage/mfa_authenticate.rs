//! The stage that waits for a second factor.

use super::mfa_trust::is_trusted;
use crate::flow::login::engine::{Passage, Verdict};

/// Halts whoever has a second factor, has not shown it as a passkey already, and does not come with a trusted browser.
pub(in crate::flow) fn enter(passage: &Passage<'_>) -> Verdict {
    let Some(user) = passage.user else { return Verdict::Pass };
    let by_passkey = passage.session.methods.iter().any(|record| record.passwordless);
    let needed = passage.app.settings.mfa.enabled && user.has_second_factor();
    if needed && !by_passkey && !is_trusted(passage.app, passage.client, user) { Verdict::Halt } else { Verdict::Pass }
}
