//! Security keys and passkeys: setting them up, removing them, signing up and logging in with them.
//!
//! A ceremony in progress is stored as a ticket in the session in which it began. The write that completes it requires
//! that the session has not changed, and removes the ticket. So each answer of an authenticator is accepted once.

use super::change::Work;
use super::recovery_codes::add_recovery_codes;
use crate::account::{Authenticator, CredentialClaim, Factor, User, UserId};
use crate::clock::Timestamp;
use crate::flow::login::engine::{LoginAttempt, with_record};
use crate::flow::login::pending::{find_user_at_stage, reload, with_completed};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::MailKind;
use crate::session::{AuthenticationRecord, Caller, CeremonyTicket, Login, Session, StageKey};
use crate::settings::{RateAction, Settings};
use crate::store::{Again, Committed, Decision, Item, Patch, StoreError, Write};
use crate::throttle::Action;
use crate::webauthn::{Authenticated, Ceremonies, CeremonyError, Credential};
use serde_json::Value as Json;

const PARAM: Option<&str> = Some("credential");

fn ceremonies(settings: &Settings) -> Result<Ceremonies, Refusal> {
    // The settings were checked at startup.
    Ceremonies::new(&settings.webauthn_policy()).map_err(|error| StoreError::Malformed(error.to_string()).into())
}

/// The refusal of a failed ceremony. As in django-allauth, the error names the field if a credential is used, but not
/// if one is added.
fn refuse(error: CeremonyError, param: Option<&'static str>) -> Refusal {
    if let CeremonyError::State(error) = error {
        return StoreError::Malformed(error).into();
    }
    tracing::info!(reason = %error, "credential refused");
    Problem { param, ..Problem::incorrect_code("credential") }.into()
}

fn incorrect(param: Option<&'static str>) -> Refusal {
    Problem { param, ..Problem::incorrect_code("credential") }.into()
}

/// Checks that this has the form of an authenticator's answer.
pub(in crate::flow) fn check(response: &Json) -> Result<(), Refusal> {
    Ceremonies::check(response).map_err(|error| refuse(error, PARAM))
}

/// The stored state of the ceremony in progress.
fn state(cx: Context<'_>, session: &Session, param: Option<&'static str>) -> Result<String, Refusal> {
    session.ceremony(cx.now()).map(|ticket| ticket.state).ok_or_else(|| incorrect(param))
}

/// Stores a new ceremony in the caller's session, in place of one in progress. Creates a session if there is none.
async fn begin(cx: Context<'_>, caller: &Caller, state: String) -> Result<Outcome, Refusal> {
    let ticket = CeremonyTicket { state, at: cx.now() }.text();
    if let Some(session) = caller.session() {
        let patch = Patch::default().text("ceremony", &ticket);
        return match cx.store.commit_with_retries(vec![Write::patch(session.key(), patch)]).await? {
            Committed::Done => Ok(Outcome::unchanged(caller.clone())),
            _ => Err(Refusal::NotAuthenticated(Caller::Anonymous)),
        };
    }
    let (mut session, token) = Session::pending(cx.app, cx.client);
    session.ceremony = Some(ticket);
    cx.store.commit_with_retries(vec![Write::create(&session)?]).await?;
    Ok(Outcome { issued: Some(token), ..Outcome::unchanged(Caller::Pending(Box::new(session))) })
}

/// Begins to add a security key, or a passkey if `passwordless` is set. Returns the options for
/// `navigator.credentials.create()`.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn begin_adding(cx: Context<'_>, user: User, session: Session, passwordless: bool) -> Result<Json, Refusal> {
    let at_work = Work { cx, user, session };
    at_work.require_recent()?;
    let (options, state) = begin_registration(&cx.settings, &at_work.user, passwordless)?;
    begin(cx, &Caller::User(Box::new((at_work.user, at_work.session))), state).await?;
    Ok(options)
}

fn begin_registration(settings: &Settings, user: &User, passwordless: bool) -> Result<(Json, String), Refusal> {
    let display = user.display(settings);
    let name = user.primary_email().or(user.username.as_deref()).unwrap_or(display);
    let existing = user.credentials().cloned().collect::<Vec<_>>();
    let begun = ceremonies(settings)?.begin_registration(user.id.0, name, display, &existing, passwordless);
    begun.map_err(|error| refuse(error, None))
}

/// A credential to add, as the client sent it.
pub struct NewCredential<'a> {
    /// The name that the owner gave it. Without one, it gets a default name.
    pub name: Option<String>,
    /// The answer of `navigator.credentials.create()`.
    pub response: &'a Json,
    /// Whether the credential has to be a passkey, which verifies the user.
    pub passwordless: bool,
}

impl NewCredential<'_> {
    fn finish(&self, cx: Context<'_>, session: &Session) -> Result<Credential, Refusal> {
        let state = state(cx, session, None)?;
        let credential = ceremonies(&cx.settings)?.finish_registration(&state, self.response);
        let credential = credential.map_err(|error| refuse(error, None))?;
        if self.passwordless && !credential.may_log_in_alone() { Err(incorrect(None)) } else { Ok(credential) }
    }

    /// Adds the credential to the user. Returns the authenticator, and the write of the claim on the credential's id.
    fn add_to(
        &self,
        cx: Context<'_>,
        user: &mut User,
        credential: Credential,
    ) -> Result<(Authenticator, Write), Refusal> {
        if user.authenticators.len() >= Authenticator::MOST {
            return Err(Refusal::Conflict);
        }
        let claim = Write::create(&CredentialClaim::new(&credential, user.id))?;
        let name = self.name.clone().unwrap_or_else(|| match user.credentials().count() {
            0 => "Master key".to_owned(),
            1 => "Backup key".to_owned(),
            more => format!("Key nr. {}", more + 1),
        });
        let authenticator = Authenticator::webauthn(cx.app, name, credential);
        user.authenticators.push(authenticator.clone());
        Ok((authenticator, claim))
    }
}

/// Adds a security key or a passkey, and recovery codes if the user has none. Returns the authenticator, and whether
/// recovery codes were created.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::Conflict`] if the user has too many
/// authenticators; the table is unavailable.
pub async fn add(
    cx: Context<'_>,
    user: User,
    session: Session,
    new: NewCredential<'_>,
) -> Result<(Authenticator, bool), Refusal> {
    let credential = new.finish(cx, &session)?;
    let ticket = session.ceremony.clone();
    let work = Work { cx, user, session };
    work.require_recent()?;
    work.run(|work, again| {
        if let Some(Again::Refused(_)) = again {
            return Err(incorrect(None)); // another account has the credential
        }
        let (mut user, mut session) = (work.user.clone(), work.session.clone());
        let known = |it: &&Authenticator| it.credential().is_some_and(|it| it.id_bytes() == credential.id_bytes());
        if let (Some(_), None, Some(added)) = (again, &session.ceremony, user.authenticators.iter().find(known)) {
            return Ok(Decision::Settled((added.clone(), false))); // an earlier attempt was written, but its response was lost
        }
        if session.ceremony.take() != ticket {
            return Err(incorrect(None));
        }
        let mut writes = work.tell(MailKind::WebauthnAdded)?;
        let added = match upgrade(&mut user, &credential)? {
            Some(upgraded) => upgraded,
            None => {
                let (added, claim) = new.add_to(cx, &mut user, credential.clone())?;
                writes.push(claim);
                added
            }
        };
        let made_codes = add_recovery_codes(cx, &mut user);
        Ok(Decision::Write(work.change(user, session, writes)?, (added, made_codes), work))
    })
    .await
}

/// Replaces a credential that was only a second factor by the same credential, created again as a passkey. Returns
/// `None` if the user does not have it. Returns an error if it is already a passkey, or if the new one is not.
fn upgrade(user: &mut User, credential: &Credential) -> Result<Option<Authenticator>, Refusal> {
    for authenticator in &mut user.authenticators {
        let Factor::WebAuthn { credential: known, .. } = &mut authenticator.factor else { continue };
        if known.id_bytes() != credential.id_bytes() {
            continue;
        }
        if known.may_log_in_alone() || !credential.may_log_in_alone() {
            return Err(incorrect(None));
        }
        **known = credential.clone();
        return Ok(Some(authenticator.clone()));
    }
    Ok(None)
}

/// Renames a security key or a passkey. Returns `None` if the user does not have it.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn rename(
    cx: Context<'_>,
    user: User,
    session: Session,
    id: u64,
    new_name: &str,
) -> Result<Option<Authenticator>, Refusal> {
    let work = Work { cx, user, session };
    work.run(|work, _| {
        work.require_recent()?;
        let mut user = work.user.clone();
        let renamed = user.authenticators.iter_mut().find(|it| it.id == id);
        let Some(renamed) = renamed else { return Ok(Decision::Settled(None)) };
        let Factor::WebAuthn { name, .. } = &mut renamed.factor else { return Ok(Decision::Settled(None)) };
        new_name.clone_into(name);
        let renamed = renamed.clone();
        let writes = vec![Write::replace(&user)?, Write::replace(&work.session)?];
        Ok(Decision::Write(writes, Some(renamed), work))
    })
    .await
}

/// Removes security keys and passkeys.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn remove(cx: Context<'_>, user: User, session: Session, ids: &[u64]) -> Result<(), Refusal> {
    let work = Work { cx, user, session };
    work.run(|work, _| {
        work.require_recent()?;
        let (mut user, session) = (work.user.clone(), work.session.clone());
        let is_gone = |it: &Authenticator| it.credential().is_some() && ids.contains(&it.id);
        let gone = user.authenticators.iter().filter(|it| is_gone(it)).cloned().collect::<Vec<_>>();
        user.remove_authenticators(is_gone);
        let mut writes = Vec::new();
        for credential in gone.iter().filter_map(Authenticator::credential) {
            writes.push(Write::discard(CredentialClaim::new(credential, user.id).key()));
            writes.extend(work.tell(MailKind::WebauthnRemoved)?);
        }
        Ok(Decision::Write(work.change(user, session, writes)?, (), work))
    })
    .await
}

/// Begins to use one of the user's credentials as a second factor. Returns the options for
/// `navigator.credentials.get()`.
///
/// # Errors
/// The table is unavailable.
pub async fn begin_authentication(cx: Context<'_>, caller: &Caller, user: &User) -> Result<Json, Refusal> {
    let own = user.credentials().cloned().collect::<Vec<_>>();
    let begun = ceremonies(&cx.settings)?.begin_authentication(user.id.0, &own);
    let (options, state) = begun.map_err(|error| refuse(error, PARAM))?;
    begin(cx, caller, state).await?;
    Ok(options)
}

/// Uses a credential of the user as the second factor that the session's ceremony asks for.
pub(in crate::flow) fn use_credential(
    cx: Context<'_>,
    session: &Session,
    user: &mut User,
    response: &Json,
) -> Result<AuthenticationRecord, Refusal> {
    let state = state(cx, session, PARAM)?;
    let own = user.credentials().cloned().collect::<Vec<_>>();
    let used = ceremonies(&cx.settings)?.finish_authentication(&state, response, &own);
    note_use(cx.now(), user, used.map_err(|error| refuse(error, PARAM))?)
}

/// Records the use of the authenticator. The user is written only if its version has not changed, so two uses cannot
/// store the same counter.
fn note_use(now: Timestamp, user: &mut User, used: Authenticated) -> Result<AuthenticationRecord, Refusal> {
    let is_it = |it: &&mut Authenticator| it.credential().is_some_and(|it| it.id_bytes() == used.credential.id_bytes());
    let authenticator = user.authenticators.iter_mut().find(is_it).ok_or_else(|| incorrect(PARAM))?;
    if let Factor::WebAuthn { credential, .. } = &mut authenticator.factor {
        **credential = used.credential;
    }
    authenticator.last_used = Some(now);
    Ok(AuthenticationRecord::of_factor(authenticator, now))
}

/// Counts a login with a passkey. Beginning such a login has a separate limit.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count_login(cx: Context<'_>) -> Result<(), Refusal> {
    let counted = cx.consume(cx.client.ip, &[Action::new(RateAction::WebauthnLogin)]).await?;
    counted.map(|_| ()).map_err(Refusal::from)
}

/// Begins a login with a passkey, without the name of a user. Returns the options for `navigator.credentials.get()`.
///
/// # Errors
/// [`Refusal::RateLimited`] unless the caller is logged in; the table is unavailable.
pub async fn begin_login(cx: Context<'_>, caller: &Caller) -> Result<(Json, Outcome), Refusal> {
    if !matches!(caller, Caller::User(_)) {
        let counted = cx.consume(cx.client.ip, &[Action::new(RateAction::WebauthnChallenge)]).await?;
        counted.map_err(Refusal::from)?;
    }
    let (options, state) = ceremonies(&cx.settings)?.begin_discoverable().map_err(|error| refuse(error, PARAM))?;
    Ok((options, begin(cx, caller, state).await?))
}

/// Logs in with a passkey. Continues the login until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::Invalid`] if the passkey is refused for any reason; the table is unavailable.
pub async fn login(cx: Context<'_>, caller: Caller, response: &Json) -> Result<Outcome, Refusal> {
    let ceremonies = ceremonies(&cx.settings)?;
    let (named, _) = ceremonies.identify(response).map_err(|error| refuse(error, PARAM))?;
    let Some(session) = caller.session().cloned() else { return Err(incorrect(PARAM)) };
    let state = state(cx, &session, PARAM)?;
    let user = cx.store.find::<User>(&UserId(named).key()).await?.ok_or_else(|| incorrect(PARAM))?;
    let (caller, session, state, ceremonies) = (&caller, &session, &state, &ceremonies);
    let decide = |(mut user, mut reservations): (User, Reservations), again: Option<Again>| async move {
        if again.is_some() {
            let (now, found) = cx.store.find_two::<Session, User>(&session.key(), &user.key()).await?;
            if now.is_none_or(|now| now.version != session.version) {
                return Err(incorrect(PARAM)); // another request has used the same answer
            }
            user = found.ok_or_else(|| incorrect(PARAM))?;
        }
        let own = user.credentials().cloned().collect::<Vec<_>>();
        let used = ceremonies.finish_discoverable(state, response, &own).map_err(|error| refuse(error, PARAM))?;
        let mut record = note_use(cx.now(), &mut user, used)?;
        record.passwordless = true;
        if !user.is_active {
            return Ok(Decision::Settled(Outcome::unchanged(caller.clone())));
        }
        let login = Login::new(Some(&user), None, false, &cx.settings, cx.now());
        let methods = with_record(cx, caller, &user, record);
        let attempt = LoginAttempt { cx, caller, methods, consumes_session: true };
        let (mut writes, outcome) = attempt.proceed(Some(&mut user), login, &mut reservations).await?;
        writes.push(Write::replace(&user)?);
        Ok(Decision::Write(writes, outcome, (user, reservations)))
    };
    cx.store.run((user, Reservations::default()), decide).await
}

/// Finds the user who signs up with a passkey and has none yet.
///
/// # Errors
/// [`Refusal::Conflict`] if the caller's signup does not wait for a passkey; the table is unavailable.
pub async fn find_signing_up(cx: Context<'_>, caller: &Caller) -> Result<User, Refusal> {
    find_user_at_stage(cx, caller, StageKey::MfaSignupWebauthn).await.map_err(as_conflict)
}

/// Returns the same refusal for a signup that has ended as for one that never waited.
fn as_conflict(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::NotAuthenticated(_) => Refusal::Conflict,
        other => other,
    }
}

/// Begins to create the passkey of a signup. Returns the options for `navigator.credentials.create()`.
///
/// # Errors
/// The table is unavailable.
pub async fn begin_signup(cx: Context<'_>, caller: &Caller, user: &User) -> Result<Json, Refusal> {
    let (options, state) = begin_registration(&cx.settings, user, true)?;
    begin(cx, caller, state).await?;
    Ok(options)
}

/// Completes a signup with a passkey. Continues the login until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::Conflict`]; the table is unavailable.
pub async fn sign_up(cx: Context<'_>, caller: Caller, user: User, new: NewCredential<'_>) -> Result<Outcome, Refusal> {
    let session = caller.session().ok_or(Refusal::Conflict)?;
    let waiting = session.login.clone().ok_or(Refusal::Conflict)?;
    let credential = new.finish(cx, session)?;
    let (caller, new, waiting, credential) = (&caller, &new, &waiting, &credential);
    let decide = |(mut user, mut reservations): (User, Reservations), again: Option<Again>| async move {
        match again {
            None => {}
            Some(Again::Refused(_)) => return Err(incorrect(None)), // another account has the credential
            Some(Again::Contended) => user = reload(&cx.store, caller, &user).await.map_err(as_conflict)?,
        }
        let (_, claim) = new.add_to(cx, &mut user, credential.clone())?;
        let login = with_completed(waiting.clone(), StageKey::MfaSignupWebauthn);
        let methods = session.methods.clone();
        let attempt = LoginAttempt { cx, caller, methods, consumes_session: true };
        let (mut writes, outcome) = attempt.proceed(Some(&mut user), login, &mut reservations).await?;
        writes.extend([Write::replace(&user)?, claim]);
        Ok(Decision::Write(writes, outcome, (user, reservations)))
    };
    cx.store.run((user, Reservations::default()), decide).await
}
