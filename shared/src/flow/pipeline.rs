//! The login pipeline: the stages between having shown who one is and being in.

use super::permit::Permits;
use super::{Outcome, Refusal, stage};
use crate::account::User;
use crate::app::App;
use crate::outbox::Message;
use crate::session::{AuthenticationRecord, Caller, ClientInfo, Login, Session, StageKey, note_again};
use crate::store::{Item, StoreError, Write};

/// Whether a stage lets a login through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// On to the next.
    Pass,
    /// The person has something to do first.
    Halt,
    /// It cannot go on at all.
    Abort,
}

/// What a stage works with. It decides without I/O, but for the permits that it asks for.
pub(super) struct Passage<'a> {
    pub app: &'a App,
    pub client: &'a ClientInfo,
    /// Who logs in; none where it only looks so.
    pub user: Option<&'a User>,
    pub login: &'a Login,
    /// The session that will hold the login, should it halt.
    pub session: &'a mut Session,
    /// What is sent, should the commit succeed.
    pub messages: &'a mut Vec<Message>,
    pub permits: &'a mut Permits,
}

/// The stages, in the order of the reference.
const STAGES: [StageKey; 6] = [
    StageKey::LoginByCode,
    StageKey::VerifyPhone,
    StageKey::VerifyEmail,
    StageKey::MfaAuthenticate,
    StageKey::MfaTrust,
    StageKey::MfaSignupWebauthn,
];

async fn enter(key: StageKey, passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
    match key {
        StageKey::LoginByCode => stage::login_by_code::enter(passage).await,
        StageKey::VerifyPhone => stage::verify_phone::enter(passage).await,
        StageKey::VerifyEmail => stage::verify_email::enter(passage).await,
        StageKey::MfaAuthenticate => Ok(stage::mfa_authenticate::enter(passage)),
        StageKey::MfaTrust => Ok(stage::mfa_trust::enter(passage)),
        StageKey::MfaSignupWebauthn => Ok(stage::mfa_signup_webauthn::enter(passage)),
    }
}

/// A login on its way in.
pub(super) struct Entrance<'a> {
    pub app: &'a App,
    pub client: &'a ClientInfo,
    /// Who asked, and with which session.
    pub caller: &'a Caller,
    /// How they showed who they are, the latest last.
    pub methods: Vec<AuthenticationRecord>,
    /// Whether the caller's session entitles to this, so that it must be used up by it, once.
    pub spends_session: bool,
}

impl Entrance<'_> {
    /// Takes a login through the stages that it is not past yet: the writes of that, and where it leads. A user
    /// that gets in has `last_login` set; writing the user is the flow's own business.
    pub(super) async fn proceed(
        self,
        user: Option<&mut User>,
        mut login: Login,
        permits: &mut Permits,
    ) -> Result<(Vec<Write>, Outcome), Refusal> {
        let (mut session, issued) = self.waiting_session();
        let mut messages = Vec::new();
        for key in STAGES {
            if login.handled.contains(&key) {
                continue;
            }
            login.current = Some(key);
            let mut passage = Passage {
                app: self.app,
                client: self.client,
                user: user.as_deref(),
                login: &login,
                session: &mut session,
                messages: &mut messages,
                permits,
            };
            match enter(key, &mut passage).await? {
                Verdict::Pass => login.handled.push(key),
                Verdict::Halt => {
                    login.halted.push(key);
                    login.factors = user.as_deref().map(User::factor_kinds).unwrap_or_default();
                    session.login = Some(login);
                    return Ok(self.halt(session, issued, &messages)?);
                }
                Verdict::Abort => {
                    session.clear_login();
                    return Ok(self.abort(session)?);
                }
            }
        }
        match user {
            Some(user) => Ok(self.complete(user, &messages)?),
            // Nobody is let in without an account.
            None => Ok(self.abort(session)?),
        }
    }

    /// The session that holds a login that halts: the caller's own, or a new one with its token.
    fn waiting_session(&self) -> (Session, Option<crate::session::Token>) {
        let (mut session, issued) = match self.caller {
            Caller::Pending(session) => {
                let mut session = (**session).clone();
                session.clear_login();
                (session, None)
            }
            _ => {
                let (session, token) = Session::of_nobody(self.app, self.client);
                (session, Some(token))
            }
        };
        session.methods.clone_from(&self.methods);
        (session, issued)
    }

    fn halt(
        &self,
        session: Session,
        issued: Option<crate::session::Token>,
        messages: &[Message],
    ) -> Result<(Vec<Write>, Outcome), StoreError> {
        let mut writes = vec![self.keep(&session)?];
        writes.extend(self.spend_user_session()?);
        for message in messages {
            writes.push(Write::create(message)?);
        }
        let caller = Caller::Pending(Box::new(session));
        Ok((writes, Outcome { issued, ..Outcome::unchanged(caller) }))
    }

    fn abort(&self, session: Session) -> Result<(Vec<Write>, Outcome), StoreError> {
        match self.caller {
            Caller::Pending(_) => {
                let write = self.keep(&session)?;
                Ok((vec![write], Outcome::unchanged(Caller::Pending(Box::new(session)))))
            }
            other => Ok((self.spend_user_session()?.into_iter().collect(), Outcome::unchanged(other.clone()))),
        }
    }

    /// What the session entitles to can be had once; otherwise the latest login is the one that waits.
    fn keep(&self, session: &Session) -> Result<Write, StoreError> {
        if self.spends_session { Write::save(session) } else { Write::overwrite(session) }
    }

    /// Where a user's own session entitles to this, and outlives it: it does so no longer.
    fn spend_user_session(&self) -> Result<Option<Write>, StoreError> {
        match self.caller {
            Caller::User(parts) if self.spends_session => {
                let session = Session { ceremony: None, ..parts.1.clone() };
                Write::replace(&session).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn complete(&self, user: &mut User, messages: &[Message]) -> Result<(Vec<Write>, Outcome), StoreError> {
        user.last_login = Some(self.app.now());
        user.login_generation = user.generation;
        if let Caller::User(parts) = self.caller
            && let kept = &parts.1
            && (kept.user, kept.generation) == (Some(user.id), user.generation)
            && self.spends_session
            && !self.client.is_browser
        {
            return self.stay(user, kept, messages);
        }
        let (mut session, token) = Session::of_user(self.app, user, self.client);
        session.methods.clone_from(&self.methods);
        match self.caller {
            Caller::Pending(old) => session.inherit(old),
            // What the session before knew ends with it, as in the reference, but for logins that end it themselves.
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
            Caller::Pending(old) if self.spends_session => writes.push(Write::delete(&**old)),
            Caller::Pending(old) => writes.push(Write::discard(old.key())),
            Caller::User(parts) if self.spends_session => writes.push(Write::delete(&parts.1)),
            Caller::User(parts) => writes.push(Write::discard(parts.1.key())),
            Caller::Anonymous | Caller::Gone => {}
        }
        let caller = Caller::User(Box::new((user.clone(), session)));
        Ok((writes, Outcome { issued: Some(token), logged_in: true, ..Outcome::unchanged(caller) }))
    }
}

impl Entrance<'_> {
    /// An app whose user logs in once more goes on in the session that it has.
    fn stay(&self, user: &User, kept: &Session, messages: &[Message]) -> Result<(Vec<Write>, Outcome), StoreError> {
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

/// The records of a caller on the way in, as far as they are this user's, and one more.
pub(super) fn with_record(
    app: &App,
    caller: &Caller,
    user: &User,
    record: AuthenticationRecord,
) -> Vec<AuthenticationRecord> {
    let live = |login: &Login| login.user == Some(user.id) && !login.is_over(&app.settings, app.now());
    let own = |session: &&Session| session.login.as_ref().is_some_and(live) || session.user == Some(user.id);
    let mut methods = caller.session().filter(own).map(|session| session.methods.clone()).unwrap_or_default();
    match caller {
        // They were in already, and may log in any number of times.
        Caller::User(_) => note_again(&mut methods, record),
        _ => methods.push(record),
    }
    methods
}
