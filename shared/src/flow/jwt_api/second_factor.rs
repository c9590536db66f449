//! Setting up, showing and removing the second factor.

use super::{CHALLENGE, Denied, Entry, failures, open, refuse_locked_out};
use crate::account::{Authenticator, Factor, TotpSecret, User};
use crate::app::App;
use crate::flow::notify::notify;
use crate::flow::second_factor::add_recovery_codes;
use crate::session::{ClientInfo, Session};
use crate::settings::{EmailVerification, TotpMode};
use crate::store::{Committed, Item, StoreError, Write};
use crate::ticket::{Purpose, Ticket, find_ticket, find_ticket_of};
use serde_json::json;

/// The login that waits for a second factor to be set up, and whose it is.
///
/// # Errors
/// The table is unavailable.
pub async fn find_setup(app: &App, challenge: &str) -> Result<Option<(Ticket, User)>, Denied> {
    Ok(find_ticket(app, Purpose::SetupChallenge, challenge).await?)
}

/// A secret for an authenticator app, which is kept until a code of it is shown, and its `otpauth` URL.
///
/// # Errors
/// [`Denied::TotpActive`]; the table is unavailable.
pub async fn begin(app: &App, user: &User) -> Result<(TotpSecret, String), Denied> {
    if user.authenticator("totp").is_some() {
        return Err(Denied::TotpActive);
    }
    let secret = TotpSecret::new(app);
    let (mut ticket, _) = Ticket::new(app, Purpose::TotpSetup, user, CHALLENGE);
    ticket.payload = secret.seal(app);
    app.store.insist(vec![Write::overwrite(&ticket)?]).await?;
    let label = user.primary_email().unwrap_or_default();
    let issuer = app.settings.jwt_api.totp_issuer.as_deref().filter(|issuer| !issuer.is_empty());
    let url = secret.url(label, issuer.unwrap_or(app.settings.site_name()), &app.settings.mfa);
    Ok((secret, url))
}

/// What setting up an authenticator app leads to.
pub struct Activated {
    /// The recovery codes.
    pub recovery_codes: Vec<String>,
    /// The session that the login waited for; with `waits_for_email` it is worth nothing before an address is verified.
    pub session: Option<Box<(User, Session)>>,
}

/// Sets an authenticator app up, with a code that shows that it has the secret; that code is used up by it. A login
/// that waited for this goes on.
///
/// # Errors
/// [`Denied::SetupNotBegun`], [`Denied::WrongCode`]; [`Denied::ChallengeOver`] where another request was faster with
/// the challenge; the table is unavailable.
pub async fn activate(
    app: &App,
    client: &ClientInfo,
    user: User,
    challenge: Option<Ticket>,
    code: &str,
) -> Result<Activated, Denied> {
    let mut user = user;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let setup = find_ticket_of(app, Purpose::TotpSetup, &user).await?.ok_or(Denied::SetupNotBegun)?;
        let secret = setup.payload.as_deref().and_then(|sealed| TotpSecret::open(app, sealed));
        let secret = secret.ok_or(Denied::SetupNotBegun)?;
        if user.authenticator("totp").is_some() || user.authenticators.len() >= Authenticator::MOST {
            return Err(Denied::TotpActive);
        }
        let step = secret.step_of(app, code).ok_or(Denied::WrongCode)?;
        let totp = Authenticator::totp(app, &secret, step).ok_or(Denied::SetupNotBegun)?;
        let mut changed = user.clone();
        changed.authenticators.push(totp);
        add_recovery_codes(app, &mut changed);
        let codes = changed.authenticator("recovery_codes").map(|codes| codes.unused_codes(app)).unwrap_or_default();
        mark_shown(&mut changed);
        let mut writes = vec![Write::replace(&changed)?, Write::delete(&setup)];
        changed.version += 1;
        writes.extend(notify(app, client, &changed, None, "totp_activated", json!({}))?);
        let mut session = None;
        if let Some(challenge) = &challenge {
            writes.push(Write::delete(challenge));
            if app.settings.jwt_api.mfa_totp_mode == TotpMode::Required {
                let mandatory = app.settings.jwt_api.verification() == EmailVerification::Mandatory;
                let waits = mandatory && !changed.has_verified_email(None);
                let (opened, write) = open(app, client, &changed, "mfa", waits)?;
                writes.push(write);
                session = Some(Box::new((changed, opened)));
            }
        }
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(Activated { recovery_codes: codes, session });
        }
        if let Some(challenge) = &challenge {
            let now = app.store.find::<Ticket>(&challenge.key()).await?;
            now.filter(|now| now.version == challenge.version).ok_or(Denied::ChallengeOver)?;
        }
        user = app.store.find::<User>(&user.id.key()).await?.ok_or(Denied::SetupNotBegun)?;
    }
}

fn mark_shown(user: &mut User) {
    for it in &mut user.authenticators {
        if let Factor::RecoveryCodes { viewed, .. } = &mut it.factor {
            *viewed = true;
        }
    }
}

/// Whether a challenge is there to be met.
///
/// # Errors
/// The table is unavailable.
pub async fn is_challenge(app: &App, challenge: &str) -> Result<bool, Denied> {
    Ok(find_ticket(app, Purpose::LoginChallenge, challenge).await?.is_some())
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// A code of the authenticator app.
    Totp(&'a str),
    /// A recovery code.
    Recovery(&'a str),
}

impl Shown<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Recovery(_) => "recovery_codes",
        }
    }

    fn missing(self) -> Denied {
        match self {
            Self::Totp(_) => Denied::NoTotp,
            Self::Recovery(_) => Denied::NoRecoveryCodes,
        }
    }

    /// Uses the code up, if it is good. Using it is not shown with the authenticator, as in the reference.
    fn use_up(self, app: &App, user: &mut User) -> bool {
        let (Self::Totp(code) | Self::Recovery(code)) = self;
        let kind = self.kind();
        user.authenticators.iter_mut().filter(|it| it.factor.kind() == kind).any(|it| {
            let before = it.last_used;
            let used = it.use_code(app, code);
            it.last_used = before;
            used
        })
    }
}

/// Meets the challenge of a login. The attempt is counted first, by challenge and by user; each code works once,
/// whoever else shows it at the same moment.
///
/// # Errors
/// [`Denied::ChallengeOver`], [`Denied::LockedOut`], [`Denied::NoTotp`], [`Denied::NoRecoveryCodes`],
/// [`Denied::WrongCode`], [`Denied::ChallengeSpent`]; the table is unavailable.
pub async fn verify(app: &App, client: &ClientInfo, challenge: &str, shown: Shown<'_>) -> Result<Entry, Denied> {
    let found = find_ticket(app, Purpose::LoginChallenge, challenge).await?;
    let (ticket, user) = found.ok_or(Denied::ChallengeOver)?;
    let key = user.id.to_string();
    let limit = failures(app, &key);
    // Whoever locks the user out ends all their challenges, this one with them. It is left where it is: what is counted
    // now may be attempts that are being compared at this moment, and one of them right.
    match refuse_locked_out(app, &user).await {
        Ok(()) => {}
        Err(Denied::LockedOut(_)) => return Err(Denied::ChallengeOver),
        Err(other) => return Err(other),
    }
    if user.authenticator(shown.kind()).is_none() {
        return Err(shown.missing());
    }
    if let Some(limit) = &limit
        && !app.consume_of(limit).await?
    {
        refuse_locked_out(app, &user).await?;
        return Err(Denied::RateLimited(1));
    }
    let most = match app.settings.jwt_api.mfa_challenge_max_attempts {
        0 => u32::MAX,
        most => most,
    };
    let ticket = ticket.count(app, most).await?.ok_or(Denied::ChallengeOver)?;
    let entry = meet(app, client, ticket, user, shown, most).await?;
    if let Some(limit) = &limit
        && let Err(error) = app.forget_of(limit).await
    {
        tracing::warn!(%error, "failed attempts stay counted");
    }
    Ok(entry)
}

async fn meet(
    app: &App,
    client: &ClientInfo,
    ticket: Ticket,
    user: User,
    shown: Shown<'_>,
    most: u32,
) -> Result<Entry, Denied> {
    let (mut ticket, mut user) = (ticket, user);
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        if !shown.use_up(app, &mut user) {
            return Err(fail(app, &ticket, &user, most).await?);
        }
        user.last_login = Some(app.now());
        let mut writes = vec![Write::replace(&user)?, Write::delete(&ticket)];
        user.version += 1;
        let (session, write) = open(app, client, &user, "mfa", false)?;
        writes.push(write);
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(Entry::In(Box::new((user, session))));
        }
        // Another attempt was counted, or met the challenge; or the user has changed.
        let now = app.store.find_two::<Ticket, User>(&ticket.key(), &user.id.key()).await?;
        let live = |(ticket, user): &(Ticket, User)| user.is_active && ticket.fits(user);
        (ticket, user) = now.0.zip(now.1).filter(live).ok_or(Denied::ChallengeOver)?;
    }
}

/// What a wrong code leads to: the last attempt ends the challenge, and too many lock the user out.
async fn fail(app: &App, ticket: &Ticket, user: &User, most: u32) -> Result<Denied, StoreError> {
    let end = || app.store.insist(vec![Write::discard(ticket.key())]);
    let key = user.id.to_string();
    if let Some(limit) = failures(app, &key) {
        let seconds = app.full_for(&limit).await?;
        if seconds > 0 {
            end().await?;
            return Ok(Denied::LockedOut(seconds));
        }
    }
    if ticket.guesses.attempts >= most {
        end().await?;
        return Ok(Denied::ChallengeSpent);
    }
    Ok(Denied::WrongCode)
}

/// Removes the authenticator app, and the recovery codes where nothing is left to recover for.
///
/// # Errors
/// [`Denied::NoTotp`]; the table is unavailable.
pub async fn deactivate(app: &App, client: &ClientInfo, user: User) -> Result<(), Denied> {
    let mut user = user;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        if user.authenticator("totp").is_none() {
            return Err(Denied::NoTotp);
        }
        let mut changed = user.clone();
        changed.remove_authenticators(|it| it.factor.kind() == "totp");
        let mut writes = vec![Write::replace(&changed)?];
        writes.extend(notify(app, client, &changed, None, "totp_deactivated", json!({}))?);
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(());
        }
        user = app.store.find::<User>(&user.id.key()).await?.ok_or(Denied::NoTotp)?;
    }
}
