//! Logging in with a password.

use super::Entry;
use super::entry::Attempt;
use super::second_factor::refuse_locked_out;
use crate::flow::login::password::{Credentials, check, note_login};
use crate::flow::permits::Permits;
use crate::flow::{Context, Refusal};
use crate::settings::LoginMethod;
use crate::store::{Committed, StoreError};

/// Checks the credentials, and continues the login until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::IncorrectCredentials`], [`Refusal::TooManyLoginAttempts`], [`Refusal::RateLimited`]; if the credentials
/// are right, [`Refusal::StageRefused`], [`Refusal::Inactive`], [`Refusal::LockedOut`]; the table is unavailable.
pub async fn login(cx: Context<'_>, email: &str, password: &str) -> Result<Entry, Refusal> {
    let credentials =
        Credentials { method: LoginMethod::Email, identifier: email.to_lowercase(), password: password.to_owned() };
    let proven = check(cx, credentials).await?;
    let user = &proven.user;
    let attempt = Attempt { cx, method: "password", past: &[], signup: false };
    let mut permits = Permits::default();
    let enter = async {
        let (writes, entry) = attempt.enter(user, &mut permits).await?;
        if !user.is_active {
            return Err(Refusal::Inactive);
        }
        if matches!(entry, Entry::SecondFactor(_)) {
            refuse_locked_out(cx, user).await?;
        }
        Ok((writes, entry))
    };
    let (entered, ()) = futures_util::join!(enter, proven.give_back(cx));
    let (writes, entry) = entered?;
    let is_in = matches!(entry, Entry::In(_));
    // This needs no transaction with the user. If the user changes at the same time, the new session is invalid,
    // because it has the old generation.
    let noted = note_login(cx, user, is_in, proven.outdated());
    let (committed, noted) = futures_util::join!(cx.store.insist(writes), noted);
    noted?;
    if matches!(committed?, Committed::Done) { Ok(entry) } else { Err(StoreError::Busy.into()) }
}
