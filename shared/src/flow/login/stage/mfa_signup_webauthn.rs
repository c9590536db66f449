//! The stage that waits for the passkey that somebody signs up with.

use crate::flow::login::engine::{Passage, Verdict};

/// Halts whoever signs up by a passkey and has none yet.
pub(in crate::flow) fn enter(passage: &Passage<'_>) -> Verdict {
    let waits = passage.login.by_passkey && passage.user.is_some_and(|user| user.credentials().next().is_none());
    if waits { Verdict::Halt } else { Verdict::Pass }
}
