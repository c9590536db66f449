//! Setting up, using and removing the second factor.

use super::LoginState;
use super::login_state::{CHALLENGE, JwtLogin};
use crate::account::{Authenticator, TotpSecret, User};
use crate::flow::login::reauthentication::{Recent, require};
use crate::flow::mfa::change::{end_other_sessions, may_add};
use crate::flow::mfa::recovery_codes::{add_recovery_codes, mark_viewed};
use crate::flow::notify::notify;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, FactorProblem, Refusal};
use crate::outbox::MailKind;
use crate::session::{Session, StageKey, refresh, refresh_again};
use crate::settings::Settings;
use crate::store::{Again, Decision, Item, Store, StoreError, Write};
use crate::throttle::{Counted, Limit};
use crate::ticket::{Purpose, Ticket, find_ticket, find_ticket_of};
use serde_json::json;

/// Finds the login that waits for the setup of a second factor, and its user.
///
/// # Errors
/// The table is unavailable.
pub async fn find_setup(store: &Store, challenge: &str) -> Result<Option<(Ticket, User)>, Refusal> {
    Ok(find_ticket(store, Purpose::SetupChallenge, challenge).await?)
}

/// The state of a user who sets up a second factor.
pub enum Enrollee {
    /// Logged in, with this session.
    LoggedIn(Box<Session>),
    /// In a login that waits for the setup, with its challenge.
    Waiting(Ticket),
}

impl Enrollee {
    /// Checks that the user is allowed to set up a second factor: the addresses have to be verified, and the user must
    /// have authenticated recently. A challenge counts as recent, because it follows from a login and is valid for a
    /// few minutes.
    ///
    /// # Errors
    /// [`Refusal::StageRefused`], [`Refusal::ReauthenticationRequired`].
    fn check(&self, cx: Context<'_>, user: &User) -> Result<(), Refusal> {
        may_add(&cx.settings, user).map_err(|_| Refusal::StageRefused(StageKey::VerifyEmail))?;
        match self {
            Self::LoggedIn(session) => {
                require(cx, user, session, cx.settings.mfa.reauthentication_required, Recent::Login)
            }
            Self::Waiting(_) => Ok(()),
        }
    }
}

/// Creates a secret for an authenticator app, which is stored until the user enters a code of it. Returns the secret
/// and its `otpauth` URL.
///
/// # Errors
/// [`FactorProblem::TotpActive`]; [`Refusal::StageRefused`] if the address is not verified;
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn begin(cx: Context<'_>, user: &User, enrollee: &Enrollee) -> Result<(TotpSecret, String), Refusal> {
    if user.authenticator("totp").is_some() {
        return Err(FactorProblem::TotpActive.into());
    }
    enrollee.check(cx, user)?;
    let secret = TotpSecret::new(cx.random());
    let (mut ticket, _) = Ticket::new(cx.app, Purpose::TotpSetup, user, CHALLENGE);
    ticket.payload = secret.seal(cx.app);
    cx.store.commit_with_retries(vec![Write::overwrite(&ticket)?]).await?;
    let label = user.primary_email().unwrap_or_default();
    let issuer = cx.settings.jwt_api.totp_issuer.as_deref().filter(|issuer| !issuer.is_empty());
    let url = secret.url(label, issuer.unwrap_or(cx.settings.site_name()), &cx.settings.mfa);
    Ok((secret, url))
}

/// The result of setting up an authenticator app.
pub struct Activated {
    /// The recovery codes.
    pub recovery_codes: Vec<String>,
    /// The result of the login that waited for the setup; `None` if the user was already logged in.
    pub state: Option<LoginState>,
}

/// Sets up an authenticator app, with a code that shows that the app has the secret. The code counts as used. A login
/// that waited for this continues. All other sessions and logins of the account end (ASVS 5.0 7.4.3).
///
/// # Errors
/// [`FactorProblem::SetupNotBegun`], [`FactorProblem::WrongCode`]; [`FactorProblem::ChallengeExpired`] if another request
/// has used the challenge; as [`begin`]; the table is unavailable.
pub async fn activate(cx: Context<'_>, user: User, enrollee: Enrollee, code: &str) -> Result<Activated, Refusal> {
    let decide = |(mut user, mut enrollee): (User, Enrollee), again: Option<Again>| async move {
        if again.is_some() {
            (user, enrollee) = reload(&cx.store, user, enrollee).await?;
        }
        let setup = find_ticket_of(&cx.store, Purpose::TotpSetup, &user).await?.ok_or(FactorProblem::SetupNotBegun)?;
        let secret = setup.payload.as_deref().and_then(|sealed| TotpSecret::open(&cx.keys, sealed));
        let secret = secret.ok_or(FactorProblem::SetupNotBegun)?;
        if user.authenticator("totp").is_some() || user.authenticators.len() >= Authenticator::MOST {
            return Err(FactorProblem::TotpActive.into());
        }
        enrollee.check(cx, &user)?;
        let step = secret.step_of(&cx.settings, cx.now(), code).ok_or(FactorProblem::WrongCode)?;
        let totp = Authenticator::totp(cx.app, &secret, step).ok_or(FactorProblem::SetupNotBegun)?;
        let mut changed = user.clone();
        changed.authenticators.push(totp);
        add_recovery_codes(cx, &mut changed);
        let codes =
            changed.authenticator("recovery_codes").map(|codes| codes.unused_codes(&cx.keys)).unwrap_or_default();
        mark_viewed(&mut changed);
        end_other_sessions(&cx.settings, &mut changed);
        let mut writes = vec![Write::replace(&changed)?, Write::delete(&setup)];
        changed.version += 1;
        writes.extend(notify(cx, &changed, None, MailKind::TotpActivated, json!({}))?);
        let state = match &enrollee {
            Enrollee::LoggedIn(session) => {
                writes.push(Write::replace(&Session { generation: changed.generation, ..(**session).clone() })?);
                None
            }
            Enrollee::Waiting(challenge) => {
                writes.push(Write::delete(challenge));
                let completed = &[StageKey::MfaAuthenticate, StageKey::MfaSetup];
                let attempt = JwtLogin { cx, method: "mfa", completed, signup: false };
                let (more, state) = attempt.proceed_if_possible(&changed).await?;
                writes.extend(more);
                Some(state)
            }
        };
        Ok(Decision::Write(writes, Activated { recovery_codes: codes, state }, (user, enrollee)))
    };
    cx.store.run((user, enrollee), decide).await
}

/// Reads the user and the state of the setup again, after another request was faster.
async fn reload(store: &Store, user: User, enrollee: Enrollee) -> Result<(User, Enrollee), Refusal> {
    match enrollee {
        Enrollee::LoggedIn(session) => {
            let now = refresh(store, &user, &session).await?;
            let (user, session) = now.ok_or(FactorProblem::SetupNotBegun)?;
            Ok((user, Enrollee::LoggedIn(Box::new(session))))
        }
        Enrollee::Waiting(challenge) => {
            let (now, user) = store.find_two::<Ticket, User>(&challenge.key(), &user.id.key()).await?;
            now.filter(|now| now.version == challenge.version).ok_or(FactorProblem::ChallengeExpired)?;
            Ok((user.ok_or(FactorProblem::SetupNotBegun)?, Enrollee::Waiting(challenge)))
        }
    }
}

/// Whether the challenge exists and is valid.
///
/// # Errors
/// The table is unavailable.
pub async fn is_challenge(store: &Store, challenge: &str) -> Result<bool, Refusal> {
    Ok(find_ticket(store, Purpose::LoginChallenge, challenge).await?.is_some())
}

/// The code that the user enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorCode<'a> {
    /// A code of the authenticator app.
    Totp(&'a str),
    /// A recovery code.
    Recovery(&'a str),
}

impl FactorCode<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Recovery(_) => "recovery_codes",
        }
    }

    fn missing(self) -> FactorProblem {
        match self {
            Self::Totp(_) => FactorProblem::NoTotp,
            Self::Recovery(_) => FactorProblem::NoRecoveryCodes,
        }
    }

    /// Marks the code as used, if it is valid. The time of the last use is not updated, as in django-jwt-allauth.
    fn use_up(self, cx: Context<'_>, user: &mut User) -> bool {
        let (Self::Totp(code) | Self::Recovery(code)) = self;
        let kind = self.kind();
        user.authenticators.iter_mut().filter(|it| it.factor.kind() == kind).any(|it| {
            let before = it.last_used;
            let used = it.use_code(cx.app, code);
            it.last_used = before;
            used
        })
    }
}

/// Completes the challenge of a login. The attempt is counted first, by challenge and by user. Each code is accepted
/// once, even if two requests send it at the same moment.
///
/// # Errors
/// [`FactorProblem::ChallengeExpired`], [`Refusal::LockedOut`], [`FactorProblem::NoTotp`], [`FactorProblem::NoRecoveryCodes`],
/// [`FactorProblem::WrongCode`], [`FactorProblem::ChallengeExhausted`]; the table is unavailable.
pub async fn verify(cx: Context<'_>, challenge: &str, code: FactorCode<'_>) -> Result<LoginState, Refusal> {
    let found = find_ticket(&cx.store, Purpose::LoginChallenge, challenge).await?;
    let (ticket, user) = found.ok_or(FactorProblem::ChallengeExpired)?;
    let key = user.id.to_string();
    let limit = failures(&cx.settings, &key);
    // A lockout of the user ends all their challenges, including this one. The ticket is not deleted here: attempts
    // that are already counted may still be in progress, and one of them may be right.
    match refuse_locked_out(cx, &user).await {
        Ok(()) => {}
        Err(Refusal::LockedOut(_)) => return Err(FactorProblem::ChallengeExpired.into()),
        Err(other) => return Err(other),
    }
    if user.authenticator(code.kind()).is_none() {
        return Err(code.missing().into());
    }
    if let Some(limit) = &limit
        && !cx.consume_of(limit).await?
    {
        refuse_locked_out(cx, &user).await?;
        return Err(Refusal::RateLimited(1));
    }
    let most = match cx.settings.jwt_api.mfa_challenge_max_attempts {
        0 => u32::MAX,
        most => most,
    };
    let ticket = ticket.count(&cx.store, most).await?.ok_or(FactorProblem::ChallengeExpired)?;
    let state = complete_challenge(cx, ticket, user, code, most).await?;
    if let Some(limit) = &limit
        && let Err(error) = cx.forget_of(limit).await
    {
        tracing::warn!(%error, "failed attempts could not be cleared");
    }
    Ok(state)
}

async fn complete_challenge(
    cx: Context<'_>,
    ticket: Ticket,
    user: User,
    code: FactorCode<'_>,
    most: u32,
) -> Result<LoginState, Refusal> {
    let decide = |(mut ticket, mut user): (Ticket, User), again: Option<Again>| async move {
        if again.is_some() {
            // Another attempt was counted or has completed the challenge, or the user has changed.
            let now = cx.store.find_two::<Ticket, User>(&ticket.key(), &user.id.key()).await?;
            let live = |(ticket, user): &(Ticket, User)| user.is_active && ticket.fits(user);
            (ticket, user) = now.0.zip(now.1).filter(live).ok_or(FactorProblem::ChallengeExpired)?;
        }
        if !code.use_up(cx, &mut user) {
            return Err(fail(cx, &ticket, &user, most).await?);
        }
        let attempt = JwtLogin { cx, method: "mfa", completed: &[StageKey::MfaAuthenticate], signup: false };
        let (mut writes, mut state) = attempt.proceed(&user, &mut Reservations::default()).await?;
        if let LoginState::LoggedIn(parts) = &mut state {
            user.last_login = Some(cx.now());
            parts.0.last_login = user.last_login;
            parts.0.version += 1;
        }
        writes.extend([Write::replace(&user)?, Write::delete(&ticket)]);
        Ok(Decision::Write(writes, state, (ticket, user)))
    };
    cx.store.run((ticket, user), decide).await
}

/// The refusal of a wrong code. The last attempt ends the challenge. Too many failures lock the user out.
async fn fail(cx: Context<'_>, ticket: &Ticket, user: &User, most: u32) -> Result<Refusal, StoreError> {
    let end = || cx.store.commit_with_retries(vec![Write::discard(ticket.key())]);
    let key = user.id.to_string();
    if let Some(limit) = failures(&cx.settings, &key) {
        let seconds = cx.full_for(&limit).await?;
        if seconds > 0 {
            end().await?;
            return Ok(Refusal::LockedOut(seconds));
        }
    }
    if ticket.guesses.attempts >= most {
        end().await?;
        return Ok(FactorProblem::ChallengeExhausted.into());
    }
    Ok(FactorProblem::WrongCode.into())
}

/// Removes the authenticator app, and the recovery codes if no second factor is left. All other sessions and logins of
/// the account end.
///
/// # Errors
/// [`FactorProblem::NoTotp`]; the table is unavailable.
pub async fn deactivate(cx: Context<'_>, user: User, session: Session) -> Result<(), Refusal> {
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let (user, session) = refresh_again(&cx.store, parts, again).await?.ok_or(FactorProblem::NoTotp)?;
        if user.authenticator("totp").is_none() {
            return Err(FactorProblem::NoTotp.into());
        }
        let mut changed = user.clone();
        changed.remove_authenticators(|it| it.factor.kind() == "totp");
        end_other_sessions(&cx.settings, &mut changed);
        let kept = Session { generation: changed.generation, ..session.clone() };
        let mut writes = vec![Write::replace(&changed)?, Write::replace(&kept)?];
        writes.extend(notify(cx, &changed, None, MailKind::TotpDeactivated, json!({}))?);
        Ok(Decision::Write(writes, (), (user, session)))
    };
    cx.store.run((user, session), decide).await
}

/// The limit of failures of a user's second factor.
fn failures<'a>(settings: &Settings, user: &'a str) -> Option<Limit<'a>> {
    let settings = &settings.jwt_api;
    let limit = Limit {
        counted: Counted::JwtSecondFactor,
        key: user,
        amount: settings.mfa_max_attempts,
        seconds: settings.mfa_lockout_seconds,
    };
    (limit.amount > 0).then_some(limit)
}

/// Refuses a user who is locked out of the second factor.
pub(super) async fn refuse_locked_out(cx: Context<'_>, user: &User) -> Result<(), Refusal> {
    let key = user.id.to_string();
    let Some(limit) = failures(&cx.settings, &key) else { return Ok(()) };
    match cx.full_for(&limit).await? {
        0 => Ok(()),
        seconds => Err(Refusal::LockedOut(seconds)),
    }
}
