//! The login that waits for a second factor.

use crate::account::User;
use crate::flow::{Context, Refusal};
use crate::session::{Caller, StageKey};

/// Returns the caller, with the current factors of the user if the login waits for a second factor.
///
/// # Errors
/// The table is unavailable.
pub async fn with_factors(cx: Context<'_>, caller: Caller) -> Result<Caller, Refusal> {
    let Caller::Pending(mut session) = caller else { return Ok(caller) };
    if session.pending_stage(&cx.settings, cx.now()) == Some(StageKey::MfaAuthenticate)
        && let Some(login) = session.login.as_mut()
        && let Some(id) = login.user
        && let Some(user) = cx.store.find::<User>(&id.key()).await?
    {
        login.factors = user.factor_kinds();
    }
    Ok(Caller::Pending(session))
}
