//! Recovery codes: creating, showing and replacing them.

use super::change::Work;
use crate::account::{Authenticator, Factor, User};
use crate::flow::{Context, Problem, Refusal};
use crate::outbox::MailKind;
use crate::session::Session;
use crate::store::{Decision, Write};

/// Creates recovery codes if the user has none. Returns whether they were created.
pub(in crate::flow) fn add_recovery_codes(cx: Context<'_>, user: &mut User) -> bool {
    let wanted = cx.settings.mfa.supports("recovery_codes") && user.authenticator("recovery_codes").is_none();
    if wanted {
        user.authenticators.extend(Authenticator::recovery_codes(cx.app));
    }
    wanted
}

/// Returns the user's recovery codes, and whether the user is allowed to view them now. Viewing can be limited to the
/// first time.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn view(cx: Context<'_>, user: User, session: Session) -> Result<Option<(Authenticator, bool)>, Refusal> {
    let work = Work { cx, user, session };
    work.run(|work, _| {
        let codes = work.user.authenticator("recovery_codes").cloned();
        let Some(codes) = codes else { return Ok(Decision::Settled(None)) };
        work.require_recent()?;
        let Factor::RecoveryCodes { viewed, .. } = codes.factor else { return Ok(Decision::Settled(None)) };
        if viewed {
            return Ok(Decision::Settled(Some((codes, !cx.settings.mfa.recovery_codes_show_once))));
        }
        let mut user = work.user.clone();
        mark_viewed(&mut user);
        let writes = vec![Write::replace(&user)?, Write::replace(&work.session)?];
        Ok(Decision::Write(writes, Some((codes, true)), work))
    })
    .await
}

/// Records that the user has viewed their recovery codes.
pub(in crate::flow) fn mark_viewed(user: &mut User) {
    for it in &mut user.authenticators {
        if let Factor::RecoveryCodes { viewed, .. } = &mut it.factor {
            *viewed = true;
        }
    }
}

/// Checks that the user has a second factor that recovery codes can replace.
///
/// # Errors
/// The user has none.
pub fn may_generate(user: &User) -> Result<(), Problem> {
    if user.has_second_factor() {
        return Ok(());
    }
    let message = "You cannot generate recovery codes without having two-factor authentication enabled.";
    Err(Problem::general("cannot_generate_recovery_codes", message))
}

/// Replaces the recovery codes by new ones.
///
/// # Errors
/// [`Refusal::Invalid`] if the user has no second factor, [`Refusal::ReauthenticationRequired`]; the table is
/// unavailable.
pub async fn generate(cx: Context<'_>, user: User, session: Session) -> Result<Authenticator, Refusal> {
    let work = Work { cx, user, session };
    work.run(|work, _| {
        may_generate(&work.user)?;
        work.require_recent()?;
        let mut user = work.user.clone();
        user.authenticators.retain(|it| it.factor.kind() != "recovery_codes");
        add_recovery_codes(cx, &mut user);
        mark_viewed(&mut user);
        let codes = user.authenticator("recovery_codes").cloned().ok_or(Refusal::Conflict)?;
        let mut writes = vec![Write::replace(&user)?, Write::replace(&work.session)?];
        writes.extend(work.tell(MailKind::RecoveryCodesGenerated)?);
        Ok(Decision::Write(writes, codes, work))
    })
    .await
}
