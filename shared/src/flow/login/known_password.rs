//! The limit of failed logins, which applies to every comparison of a password, and the comparison for a logged-in
//! user.
//!
//! Failures are counted for the account: regardless of the address, username or phone number in the request, and
//! regardless of whether the password was entered for a login or in a session. A known browser has a separate log, see
//! [`super::device`].

use super::device;
use crate::account::{User, UserId, identifier_key};
use crate::flow::{Context, Refusal};
use crate::secret::password::Verdict;
use crate::settings::RateAction;
use crate::throttle::Action;

/// The key that a failure for this account is counted by.
fn failure_key(cx: Context<'_>, user: UserId) -> String {
    match device::find_log(cx.app, cx.client.device.as_deref(), user) {
        Some(log) => format!("account {user} device {log}"),
        None => account_key(user),
    }
}

fn account_key(user: UserId) -> String {
    format!("account {user}")
}

/// The keys that a failed login is counted by: those of the accounts that the identifier can stand for, or one for the
/// identifier if there is no account.
pub(super) fn failure_keys(cx: Context<'_>, named: &[UserId], identifier: &str) -> Vec<String> {
    match named {
        [] => vec![format!("nobody {}", identifier_key(identifier))],
        _ => named.iter().map(|user| failure_key(cx, *user)).collect(),
    }
}

/// Whether this is the password of a logged-in user. The attempt is counted as a failed login before the password is
/// compared. If the password is right, this use of the limit is given back, but earlier failures stay counted.
///
/// # Errors
/// [`Refusal::TooManyLoginAttempts`]; the table is unavailable.
pub async fn is_right(cx: Context<'_>, user: &User, password: String) -> Result<bool, Refusal> {
    let key = failure_key(cx, user.id);
    let consumed = cx.consume(cx.client.ip, &[Action::about(RateAction::LoginFailed, &key)]).await?;
    let usage = consumed.map_err(|_| Refusal::TooManyLoginAttempts)?;
    if cx.verify_password(password, user.password.clone()).await == Verdict::Wrong {
        return Ok(false);
    }
    cx.give_back(&usage, None).await;
    Ok(true)
}

/// Deletes the counted failures of an account whose password was reset by mail. An error is only logged, because the
/// password is already changed.
pub(in crate::flow) async fn forget_failures(cx: Context<'_>, user: UserId) {
    let (account, own) = (account_key(user), failure_key(cx, user));
    let forget = |key| async move {
        if let Err(error) = cx.forget(&Action::about(RateAction::LoginFailed, key)).await {
            tracing::warn!(%error, "failed logins could not be cleared");
        }
    };
    if own == account {
        forget(&account).await;
    } else {
        futures_util::join!(forget(&account), forget(&own));
    }
}
