//! The login engine. It runs a login of any API through the stages that follow authentication, and decides whether the
//! login is complete.

use super::api::{Step, step};
use super::stage::{self, Need, StageContext};
use crate::account::User;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Refusal};
use crate::outbox::Message;
use crate::session::{AuthenticationRecord, Caller, Login, Session, SessionToken, StageKey, note_again};
use crate::store::{Item, StoreError, Write};
use strum::VariantArray;

fn need(key: StageKey, stage: &StageContext<'_>) -> Need {
    match key {
        StageKey::LoginByCode => stage::login_by_code::need(stage),
        StageKey::VerifyPhone => stage::verify_phone::need(stage),
        StageKey::VerifyEmail => stage::verify_email::need(stage),
        StageKey::MfaAuthenticate => stage::mfa_authenticate::need(stage),
        StageKey::MfaTrust => stage::mfa_trust::need(stage),
        StageKey::MfaSignupWebauthn => stage::mfa_signup_webauthn::need(stage),
        StageKey::MfaSetup => stage::mfa_setup::need(stage),
    }
}

/// Sends the code or link of a stage, if it has one.
async fn begin(key: StageKey, stage: &mut StageContext<'_>) -> Result<(), Refusal> {
    match key {
        StageKey::LoginByCode => stage::login_by_code::begin(stage),
        StageKey::VerifyPhone => stage::verify_phone::begin(stage).await?,
        StageKey::VerifyEmail => stage::verify_email::begin(stage).await?,
        StageKey::MfaAuthenticate | StageKey::MfaTrust | StageKey::MfaSignupWebauthn | StageKey::MfaSetup => {}
    }
    Ok(())
}

/// The progress of a login through the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Progress {
    /// The login has passed all stages.
    LoggedIn,
    /// The login waits at this stage, which the API supports.
    Waiting(StageKey),
    /// The login cannot continue.
    Aborted,
}

/// Runs a login through the stages that it has not passed yet. For all APIs, only this function decides whether a login
/// is complete. The caller of this function writes the result.
///
/// # Errors
/// [`Refusal::StageRefused`] at a stage that the API does not support; [`Refusal::RateLimited`]; the table is
/// unavailable.
pub(in crate::flow) async fn advance(
    cx: Context<'_>,
    user: Option<&User>,
    login: &mut Login,
    session: &mut Session,
    messages: &mut Vec<Message>,
    reservations: &mut Reservations,
) -> Result<Progress, Refusal> {
    if login.waits_for_newer_version() {
        return Ok(Progress::Aborted);
    }
    for key in StageKey::VARIANTS.iter().copied() {
        if login.has_completed(key) {
            continue;
        }
        login.set_stage(key);
        let mut stage = StageContext { cx, user, login, session, messages, reservations };
        match need(key, &stage) {
            Need::Nothing => login.complete(key),
            Need::Message => {
                begin(key, &mut stage).await?;
                login.complete(key);
            }
            Need::Stop if step(cx.client.api, key, login) == Step::Refuse => return Err(Refusal::StageRefused(key)),
            Need::Stop => {
                begin(key, &mut stage).await?;
                login.wait();
                return Ok(Progress::Waiting(key));
            }
            Need::Impossible => return Ok(Progress::Aborted),
        }
    }
    // A login without an account is never complete.
    Ok(if user.is_some() { Progress::LoggedIn } else { Progress::Aborted })
}

/// A login in progress.
pub(in crate::flow) struct LoginAttempt<'a> {
    pub cx: Context<'a>,
    /// The caller, with its session.
    pub caller: &'a Caller,
    /// The user's authentications, the latest last.
    pub methods: Vec<AuthenticationRecord>,
    /// Whether the caller's session is what permits this login, for example through a ceremony in it. Then the session
    /// can be used for it only once.
    pub consumes_session: bool,
}

impl LoginAttempt<'_> {
    /// Runs a login through the stages that it has not passed yet. Returns the writes and the outcome. If the login is
    /// complete, it sets the user's `last_login`. The flow has to write the user.
    pub(in crate::flow) async fn proceed(
        self,
        user: Option<&mut User>,
        mut login: Login,
        reservations: &mut Reservations,
    ) -> Result<(Vec<Write>, Outcome), Refusal> {
        let (mut session, issued) = self.pending_session();
        let mut messages = Vec::new();
        let cx = self.cx;
        let progress = advance(cx, user.as_deref(), &mut login, &mut session, &mut messages, reservations).await?;
        match (progress, user) {
            (Progress::LoggedIn, Some(user)) => Ok(self.complete(user, &messages)?),
            (Progress::Waiting(_), user) => {
                login.factors = user.as_deref().map(User::factor_kinds).unwrap_or_default();
                session.login = Some(login);
                Ok(self.wait(session, issued, &messages)?)
            }
            (Progress::LoggedIn | Progress::Aborted, _) => {
                session.clear_login();
                Ok(self.abort(session)?)
            }
        }
    }

    /// The session that stores a login that waits: the caller's own, or a new one with its token.
    fn pending_session(&self) -> (Session, Option<SessionToken>) {
        let (mut session, issued) = match self.caller {
            Caller::Pending(session) => {
                let mut session = (**session).clone();
                session.clear_login();
                (session, None)
            }
            _ => {
                let (session, token) = Session::pending(self.cx.app, self.cx.client);
                (session, Some(token))
            }
        };
        session.methods.clone_from(&self.methods);
        (session, issued)
    }

    fn wait(
        &self,
        session: Session,
        issued: Option<SessionToken>,
        messages: &[Message],
    ) -> Result<(Vec<Write>, Outcome), StoreError> {
        let mut writes = vec![self.save_pending(&session)?];
        writes.extend(self.consume_user_session()?);
        for message in messages {
            writes.push(Write::create(message)?);
        }
        let caller = Caller::Pending(Box::new(session));
        Ok((writes, Outcome { issued, ..Outcome::unchanged(caller) }))
    }

    fn abort(&self, session: Session) -> Result<(Vec<Write>, Outcome), StoreError> {
        match self.caller {
            Caller::Pending(_) => {
                let write = self.save_pending(&session)?;
                Ok((vec![write], Outcome::unchanged(Caller::Pending(Box::new(session)))))
            }
            other => Ok((self.consume_user_session()?.into_iter().collect(), Outcome::unchanged(other.clone()))),
        }
    }

    /// If the session permits the login, it can be used only once. Otherwise the latest login replaces the one that
    /// waits.
    fn save_pending(&self, session: &Session) -> Result<Write, StoreError> {
        if self.consumes_session { Write::save(session) } else { Write::overwrite(session) }
    }

    /// The write that removes the permission for this login from a user's session that continues.
    fn consume_user_session(&self) -> Result<Option<Write>, StoreError> {
        match self.caller {
            Caller::User(parts) if self.consumes_session => {
                let session = Session { ceremony: None, ..parts.1.clone() };
                Write::replace(&session).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn complete(&self, user: &mut User, messages: &[Message]) -> Result<(Vec<Write>, Outcome), StoreError> {
        user.last_login = Some(self.cx.now());
        user.login_generation = user.generation;
        if let Caller::User(parts) = self.caller
            && let kept = &parts.1
            && (kept.user, kept.generation) == (Some(user.id), user.generation)
            && self.consumes_session
            && !self.cx.client.is_browser
        {
            return self.keep_session(user, kept, messages);
        }
        let (mut session, token) = Session::of_user(self.cx.app, user, self.cx.client);
        session.methods.clone_from(&self.methods);
        match self.caller {
            Caller::Pending(old) => session.inherit(old),
            // As in django-allauth, a session that replaces a user's session starts without authentications. A login
            // with a provider's identity keeps its own, because it ends the old session first.
            Caller::User(_) if !self.methods.iter().any(|record| record.method == "socialaccount") => {
                session.methods.clear();
            }
            _ => {}
        }
        let mut writes = vec![Write::create(&session)?];
        session.version = 1;
        for message in messages {
            writes.push(Write::create(message)?);
        }
        match self.caller {
            Caller::Pending(old) if self.consumes_session => writes.push(Write::delete(&**old)),
            Caller::Pending(old) => writes.push(Write::discard(old.key())),
            Caller::User(parts) if self.consumes_session => writes.push(Write::delete(&parts.1)),
            Caller::User(parts) => writes.push(Write::discard(parts.1.key())),
            Caller::Anonymous | Caller::Expired => {}
        }
        let caller = Caller::User(Box::new((user.clone(), session)));
        Ok((writes, Outcome { issued: Some(token), logged_in: true, ..Outcome::unchanged(caller) }))
    }
}

impl LoginAttempt<'_> {
    /// Completes a login that an app has made within its session. The session continues.
    fn keep_session(
        &self,
        user: &User,
        kept: &Session,
        messages: &[Message],
    ) -> Result<(Vec<Write>, Outcome), StoreError> {
        let mut session = Session { ceremony: None, methods: self.methods.clone(), ..kept.clone() };
        let mut writes = vec![Write::replace(&session)?];
        session.version += 1;
        for message in messages {
            writes.push(Write::create(message)?);
        }
        let caller = Caller::User(Box::new((user.clone(), session)));
        Ok((writes, Outcome { logged_in: true, ..Outcome::unchanged(caller) }))
    }
}

/// Ends the login that a session waits with. Returns the writes and the outcome.
pub(in crate::flow) fn end_login(session: &Session) -> Result<(Vec<Write>, Outcome), Refusal> {
    let mut over = session.clone();
    over.clear_login();
    Ok((vec![Write::replace(&over)?], Outcome::unchanged(Caller::Pending(Box::new(over)))))
}

/// The authentications of the caller's session, if they belong to this user, with one more record.
pub(in crate::flow) fn with_record(
    cx: Context<'_>,
    caller: &Caller,
    user: &User,
    record: AuthenticationRecord,
) -> Vec<AuthenticationRecord> {
    let live = |login: &Login| login.user == Some(user.id) && !login.is_expired(&cx.settings, cx.now());
    let own = |session: &&Session| session.login.as_ref().is_some_and(live) || session.user == Some(user.id);
    let mut methods = caller.session().filter(own).map(|session| session.methods.clone()).unwrap_or_default();
    match caller {
        // A logged-in user can log in any number of times.
        Caller::User(_) => note_again(&mut methods, record),
        _ => methods.push(record),
    }
    methods
}
