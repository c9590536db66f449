//! Trusting a browser, so that it needs no second factor.

use crate::account::User;
use crate::flow::login::engine::LoginAttempt;
use crate::flow::login::pending::{reload, with_completed};
use crate::flow::login::stage::mfa_trust;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Refusal};
use crate::session::{Caller, StageKey};
use crate::store::{Again, Decision, Write};

/// Stores the user's decision whether to trust this browser, and continues the login. Returns the outcome, and the
/// value of the cookie if the browser is trusted.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn trust(
    cx: Context<'_>,
    caller: Caller,
    user: User,
    trusts: bool,
) -> Result<(Outcome, Option<String>), Refusal> {
    let caller = &caller;
    let decide = |mut user: User, again: Option<Again>| async move {
        if again.is_some() {
            user = reload(&cx.store, caller, &user).await?;
        }
        let Some(session) = caller.session() else { return Err(Refusal::NotAuthenticated(caller.clone())) };
        let waiting = session.login.clone().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let login = with_completed(waiting, StageKey::MfaTrust);
        let attempt = LoginAttempt { cx, caller, methods: session.methods.clone(), consumes_session: true };
        let (mut writes, outcome) = attempt.proceed(Some(&mut user), login, &mut Reservations::default()).await?;
        writes.push(Write::replace(&user)?);
        let cookie = trusts.then(|| mfa_trust::trust(cx, &user));
        Ok(Decision::Write(writes, (outcome, cookie), user))
    };
    cx.store.run(user, decide).await
}
