//! Logging out.

use crate::flow::{Outcome, Refusal};
use crate::session::Caller;
use crate::store::{Item, Store, Write};

/// Ends the caller's session with one delete. Also succeeds if the session does not exist anymore.
///
/// # Errors
/// The table is unavailable.
pub async fn logout(store: &Store, caller: Caller) -> Result<Outcome, Refusal> {
    if let Some(session) = caller.session() {
        store.commit_with_retries(vec![Write::discard(session.key())]).await?;
    }
    Ok(Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) })
}
