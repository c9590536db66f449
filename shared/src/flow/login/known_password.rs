//! The limit of failed logins, which every comparison of a password is within: who is counted, and comparing the password of
//! somebody who is in.
//!
//! Failures belong to the account, whichever address, username or number it was named by, and whether somebody tried to
//! log in or to guess the password in a session. A browser that is known has a log of its own, see [`super::device`].

use super::device;
use crate::account::{User, UserId, identifier_key};
use crate::flow::{Context, Refusal};
use crate::secret::password::Verdict;
use crate::settings::RateAction;
use crate::throttle::Action;

/// What a failure at this account is counted by.
fn failure_key(cx: Context<'_>, user: UserId) -> String {
    match device::find_log(cx.app, cx.client.device.as_deref(), user) {
        Some(log) => format!("account {user} device {log}"),
        None => account_key(user),
    }
}

fn account_key(user: UserId) -> String {
    format!("account {user}")
}

/// What a failed login is counted by: the accounts that the identifier names, or the identifier itself where it names none.
pub(super) fn failure_keys(cx: Context<'_>, named: &[UserId], identifier: &str) -> Vec<String> {
    match named {
        [] => vec![format!("nobody {}", identifier_key(identifier))],
        _ => named.iter().map(|user| failure_key(cx, *user)).collect(),
    }
}

/// Whether this is the password of a user who is in. A guess counts as a failed login before it is compared; the right
/// password takes its own count back, and no other.
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

/// Forgets the failures at an account whose password was reset by somebody who reads its mail. The password is changed by
/// then: a limit that stays is no reason to say otherwise.
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
