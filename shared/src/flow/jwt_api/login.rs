//! Logging in with a password.

use super::LoginState;
use super::login_state::JwtLogin;
use super::second_factor::refuse_locked_out;
use crate::flow::login::password::{Credentials, check, note_login};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Refusal};
use crate::settings::LoginMethod;
use crate::store::{Committed, StoreError};

/// Checks the credentials, and continues the login until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::IncorrectCredentials`], [`Refusal::TooManyLoginAttempts`], [`Refusal::RateLimited`]; if the credentials
/// are right, [`Refusal::StageRefused`], [`Refusal::Inactive`], [`Refusal::LockedOut`]; the table is unavailable.
pub async fn login(cx: Context<'_>, email: &str, password: &str) -> Result<LoginState, Refusal> {
    let credentials =
        Credentials { method: LoginMethod::Email, identifier: email.to_lowercase(), password: password.to_owned() };
    let proven = check(cx, credentials).await?;
    let user = &proven.user;
    let attempt = JwtLogin { cx, method: "password", completed: &[], signup: false };
    let mut reservations = Reservations::default();
    let enter = async {
        let (writes, state) = attempt.proceed(user, &mut reservations).await?;
        if !user.is_active {
            return Err(Refusal::Inactive);
        }
        if matches!(state, LoginState::SecondFactor(_)) {
            refuse_locked_out(cx, user).await?;
        }
        Ok((writes, state))
    };
    let (entered, ()) = futures_util::join!(enter, proven.give_back(cx));
    let (writes, state) = entered?;
    let is_logged_in = matches!(state, LoginState::LoggedIn(_));
    // This needs no transaction with the user. If the user changes at the same time, the new session is invalid,
    // because it has the old generation.
    let noted = note_login(cx, user, is_logged_in, proven.outdated());
    let (committed, noted) = futures_util::join!(cx.store.commit_with_retries(writes), noted);
    noted?;
    if matches!(committed?, Committed::Done) { Ok(state) } else { Err(StoreError::Busy.into()) }
}
