//! The limit of attempts to guess second factors.

use crate::account::User;
use crate::flow::{Context, Problem, Refusal};
use crate::settings::RateAction;
use crate::throttle::Action;

/// The operations whose attempts are counted. Each has a separate log, so that one operation does not clear the
/// attempts of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempts {
    /// Using a second factor of the account.
    Showing,
    /// Setting up an authenticator app.
    SettingUp,
}

/// Counts an attempt of a user before its input is compared. Returns the key that it is counted by.
pub(super) async fn count(
    cx: Context<'_>,
    user: &User,
    attempts: Attempts,
    param: &'static str,
) -> Result<String, Refusal> {
    let (key, code) = match attempts {
        Attempts::Showing => (format!("mfa-auth-user-{}", user.id), "too_many_login_attempts"),
        Attempts::SettingUp => (format!("mfa-setup-user-{}", user.id), "rate_limited"),
    };
    let consumed = cx.consume(cx.client.ip, &[Action::about(RateAction::LoginFailed, &key)]).await?;
    consumed.map_err(|_| Problem { param: Some(param), code: code.into(), ..Problem::too_many_login_attempts() })?;
    Ok(key)
}

/// Deletes the counted failures of a user after a successful attempt.
pub(super) async fn forget(cx: Context<'_>, key: &str) {
    if let Err(error) = cx.forget(&Action::about(RateAction::LoginFailed, key)).await {
        tracing::warn!(%error, "failed attempts could not be cleared");
    }
}
