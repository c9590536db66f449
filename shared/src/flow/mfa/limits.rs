//! What limits guessing at second factors.

use crate::account::User;
use crate::flow::{Context, Problem, Refusal};
use crate::settings::RateAction;
use crate::throttle::Action;

/// What attempts are counted by. Each has a log of its own: no operation clears what another has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempts {
    /// Showing a second factor that the account has.
    Showing,
    /// Setting up an authenticator app.
    SettingUp,
}

/// Counts an attempt of a user, before it is compared.
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

/// A good proof forgets the bad ones of the same user.
pub(super) async fn forget(cx: Context<'_>, key: &str) {
    if let Err(error) = cx.forget(&Action::about(RateAction::LoginFailed, key)).await {
        tracing::warn!(%error, "failed attempts could not be cleared");
    }
}
