//! Authenticator apps: setting them up and removing them.

use super::change::{Work, may_add};
use super::limits::{Attempts, count, forget};
use super::recovery_codes::{add_recovery_codes, mark_viewed};
use crate::account::{Authenticator, TotpSecret, User};
use crate::flow::login::reauthentication::{Recent, require};
use crate::flow::{Context, Problem, Refusal};
use crate::outbox::MailKind;
use crate::secret::{Keys, same};
use crate::session::{Caller, Session, refresh_again};
use crate::settings::Settings;
use crate::store::{Again, Decision, Write};

/// Creates a secret for an authenticator app, which the session stores until the user enters a code of it. Returns the
/// secret and its `otpauth` URL.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn begin(cx: Context<'_>, user: User, session: Session) -> Result<(TotpSecret, String), Refusal> {
    let secret = TotpSecret::new(cx.random());
    let new = &secret;
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, mut session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        session.totp_setup = new.seal(cx.app);
        let url = totp_url(&cx.settings, &user, new);
        Ok::<_, Refusal>(Decision::Write(vec![Write::replace(&session)?], url, (user, session)))
    };
    let url = cx.store.run((user, session), decide).await?;
    Ok((secret, url))
}

/// The URL that the authenticator app scans. It contains the account's name and the name of the service.
fn totp_url(settings: &Settings, user: &User, secret: &TotpSecret) -> String {
    let label = user.primary_email().unwrap_or_else(|| user.display(settings));
    let issuer = match settings.mfa.totp_issuer.as_str() {
        "" => settings.site_name(),
        issuer => issuer,
    };
    secret.url(label, issuer, &settings.mfa)
}

/// Whether this is the secret of the authenticator app that the session sets up.
pub fn is_setting_up(keys: &Keys, session: &Session, secret: &str) -> bool {
    let own = session.totp_setup.as_deref().and_then(|sealed| TotpSecret::open(keys, sealed));
    own.is_some_and(|own| same(own.as_str().as_bytes(), secret.as_bytes()))
}

/// The parameters of setting up an authenticator app.
#[derive(Debug, Clone, Copy)]
pub struct Activation<'a> {
    /// A code of the app, which shows that it has the secret.
    pub code: &'a str,
    /// The kind of authentication that has to be recent.
    pub recent: Recent,
    /// Whether the recovery codes that are created with it are shown at once.
    pub shows_codes: bool,
}

/// Sets up an authenticator app. The code counts as used. Recovery codes are created with the first authenticator.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::Conflict`] if the user already has one; the
/// table is unavailable.
pub async fn activate(
    cx: Context<'_>,
    user: User,
    session: Session,
    activation: Activation<'_>,
) -> Result<(Authenticator, Option<Authenticator>), Refusal> {
    let Activation { code, recent, shows_codes } = activation;
    may_add(&cx.settings, &user).map_err(|problem| Problem { param: Some("code"), ..problem })?;
    if user.authenticator("totp").is_some() {
        return Err(Refusal::Conflict);
    }
    let key = count(cx, &user, Attempts::SettingUp, "code").await?;
    let secret = session.totp_setup.as_deref().and_then(|sealed| TotpSecret::open(&cx.keys, sealed));
    let step = secret.as_ref().and_then(|secret| secret.step_of(&cx.settings, cx.now(), code));
    let (secret, step) = secret.zip(step).ok_or_else(|| Problem::incorrect_code("code"))?;
    require(cx, &user, &session, cx.settings.mfa.reauthentication_required, recent)?;
    let secret = &secret;
    let work = Work { cx, user, session };
    let activated = work.run(|work, _| {
        let (mut user, mut session) = (work.user.clone(), work.session.clone());
        if user.authenticator("totp").is_some() || user.authenticators.len() >= Authenticator::MOST {
            return Err(Refusal::Conflict);
        }
        let totp = Authenticator::totp(cx.app, secret, step).ok_or(Refusal::Conflict)?;
        user.authenticators.push(totp.clone());
        let has_codes = add_recovery_codes(cx, &mut user);
        if has_codes && shows_codes {
            mark_viewed(&mut user);
        }
        session.totp_setup = None;
        let codes = user.authenticator("recovery_codes").filter(|_| has_codes).cloned();
        let writes = work.change(user, session, work.tell(MailKind::TotpActivated)?)?;
        Ok(Decision::Write(writes, (totp, codes), work))
    });
    let activated = activated.await?;
    forget(cx, &key).await;
    Ok(activated)
}

/// Removes the authenticator app, if there is one.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn deactivate(cx: Context<'_>, user: User, session: Session) -> Result<(), Refusal> {
    let work = Work { cx, user, session };
    work.run(|work, _| {
        if work.user.authenticator("totp").is_none() {
            return Ok(Decision::Settled(()));
        }
        work.require_recent()?;
        let (mut user, session) = (work.user.clone(), work.session.clone());
        user.remove_authenticators(|it| it.factor.kind() == "totp");
        let writes = work.change(user, session, work.tell(MailKind::TotpDeactivated)?)?;
        Ok(Decision::Write(writes, (), work))
    })
    .await
}
