//! Sessions and their tokens: of a user, and of nobody (a login that is not finished yet).

mod code;
mod login;
mod token;

pub use code::{CodeKind, CodeProcess};
pub use login::{Login, StageKey};
pub use token::{SessionToken, SessionTokenKind};

use crate::account::{Authenticator, User, UserId};
use crate::app::App;
use crate::clock::Timestamp;
use crate::jwt::Family;
use crate::secret;
use crate::settings::{ClientKind, Settings};
use crate::store::{Again, Committed, Item, Key, Store, StoreError, Write};
use crate::versions::{Open, Unknown};
use crate::webauthn::CEREMONY_SECONDS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How somebody showed who they are, as the API lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthenticationRecord {
    /// `password`, `code`, `mfa`, `socialaccount`.
    pub method: String,
    /// When.
    pub at: Timestamp,
    /// With which address, at a login by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With which username, at a login by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// With which number, at a login by a code sent to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// With which authenticator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Of what kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// By the word of which identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What that calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether that was all it took.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passwordless: bool,
    /// Whether they were in already and showed it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reauthenticated: bool,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl AuthenticationRecord {
    /// That this authenticator was shown at this moment.
    pub fn of_factor(used: &Authenticator, now: Timestamp) -> Self {
        Self { id: Some(used.id), kind: Some(used.factor.kind().to_owned()), ..Self::new("mfa", now) }
    }

    /// A record of this moment.
    pub fn new(method: &str, now: Timestamp) -> Self {
        let method = method.to_owned();
        Self {
            method,
            at: now,
            email: None,
            username: None,
            phone: None,
            id: None,
            kind: None,
            provider: None,
            uid: None,
            passwordless: false,
            reauthenticated: false,
            unknown: Unknown::default(),
        }
    }
}

/// Adds a record to those of a session that somebody is in. An earlier one of the same method, kind of authenticator and
/// occasion (getting in, or showing it again) makes room for it, so that the list does not grow without end.
pub fn note_again(methods: &mut Vec<AuthenticationRecord>, record: AuthenticationRecord) {
    let what = |record: &AuthenticationRecord| (record.method.clone(), record.kind.clone(), record.reauthenticated);
    let new = what(&record);
    methods.retain(|old| what(old) != new);
    methods.push(record);
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Whose it is; none for a session of nobody.
    pub user: Option<UserId>,
    /// Names it among the user's; 0 for a session of nobody.
    pub number: u64,
    /// Digest of the token's random part.
    pub secret: String,
    /// The user's generation when the session was made.
    pub generation: u64,
    /// When it began.
    pub created: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Address of the client at the start.
    pub ip: String,
    /// User agent of the client at the start, at most 200 characters.
    pub user_agent: String,
    /// How the user showed who they are.
    #[serde(default)]
    pub methods: Vec<AuthenticationRecord>,
    /// The login in progress, in a session of nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// The codes that are waited for, by what they are for.
    #[serde(default)]
    pub codes: BTreeMap<String, Open<CodeProcess>>,
    /// The secret of an authenticator app that is being set up, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_setup: Option<String>,
    /// The WebAuthn ceremony in progress, a [`CeremonyTicket`] as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<String>,
    /// The identity that somebody is about to sign up with, a `ProvenIdentity` (of [`crate::flow`]) as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The refresh tokens of a client that is given signed tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// When it was last used, where that is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// The tokens of the JWT API that it stands behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Bearer>,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The refresh tokens of a session of the JWT API: one is good at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bearer {
    /// Their lineage.
    pub family: Family,
    /// Whether they are worth nothing until the user has verified an address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_email: bool,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A WebAuthn ceremony in progress: bound to the session that it was begun in, and used up by the write that its answer
/// leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CeremonyTicket {
    /// What the ceremony has to remember, among it the challenge. No secret: the client has seen it.
    pub state: String,
    /// When it was begun.
    pub at: Timestamp,
}

/// The API that a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// django-allauth's headless API.
    Headless,
    /// The flat API.
    Flat,
    /// The API of django-jwt-allauth.
    Jwt,
}

/// What the service knows of the client behind a request.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// The API that it speaks.
    pub api: Api,
    /// Network address.
    pub ip: std::net::IpAddr,
    /// User agent, as sent.
    pub user_agent: String,
    /// Whether it is a browser: only those keep cookies.
    pub is_browser: bool,
    /// Whether it is given signed tokens.
    pub has_tokens: bool,
    /// The cookie by which a browser is let off the second factor.
    pub trust: Option<String>,
    /// The cookie by which a browser is known to have logged in before.
    pub device: Option<String>,
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody that we know.
    Anonymous,
    /// Somebody on the way in: a session of nobody.
    Pending(Box<Session>),
    /// A user.
    User(Box<(User, Session)>),
    /// Somebody whose credential is no good, or no longer.
    Expired,
}

impl Caller {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(parts) => Some(&parts.0),
            _ => None,
        }
    }

    /// The same caller, whose session has changed.
    pub fn with_session(self, session: Session) -> Self {
        match self {
            Self::User(parts) => Self::User(Box::new((parts.0, session))),
            Self::Pending(_) => Self::Pending(Box::new(session)),
            other => other,
        }
    }

    /// The session, of a user or of nobody.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::User(parts) => Some(&parts.1),
            Self::Pending(session) => Some(session),
            Self::Anonymous | Self::Expired => None,
        }
    }
}

/// Seconds that a session of nobody is kept: longer than any flow, so that its end is told as what it is.
const PENDING_AGE: i64 = 86_400;
/// Sort keys of a user's sessions.
const USER_SESSION: &str = "SESSION#";
/// Pages of at most 1 MB in which a user's sessions are read: several thousand sessions.
const MOST_PAGES: usize = 5;

impl Session {
    const USER_AGENT_LENGTH: usize = 200;

    /// A new session of a user, and its token.
    pub fn of_user(app: &App, user: &User, client: &ClientInfo) -> (Self, SessionToken) {
        let token = SessionToken::of_user(user.id, app.random(), app.random());
        let age = app.settings.cookies.session_age;
        let mut session = Self::new(app, Some(user), &token, app.now().plus_seconds(age), client);
        if client.has_tokens {
            session.family = Some(Family::new(app.random(), app.now().seconds(), age));
        }
        (session, token)
    }

    /// A new session of a user in the JWT API. No session token of it is ever given out.
    pub fn of_bearer(app: &App, user: &User, client: &ClientInfo, waits_for_email: bool) -> Self {
        let settings = &app.settings.jwt_api;
        let now = app.now().seconds();
        let family = Family::new(app.random(), now, settings.session_lifetime.unwrap_or(i64::MAX));
        let token = SessionToken::of_user(user.id, app.random(), app.random());
        let bearer = Bearer { family, waits_for_email, unknown: Unknown::default() };
        let ends = bearer.ends(settings.refresh_token_lifetime);
        Self { bearer: Some(bearer), ..Self::new(app, Some(user), &token, ends, client) }
    }

    /// A new session of nobody, and its token.
    pub fn pending(app: &App, client: &ClientInfo) -> (Self, SessionToken) {
        let token = SessionToken::pending(app.random());
        let age = app.settings.cookies.session_age.min(PENDING_AGE);
        (Self::new(app, None, &token, app.now().plus_seconds(age), client), token)
    }

    fn new(app: &App, user: Option<&User>, token: &SessionToken, ends: Timestamp, client: &ClientInfo) -> Self {
        Self {
            user: user.map(|user| user.id),
            number: token.number(),
            secret: token.digest(),
            generation: user.map_or(0, |user| user.generation),
            created: app.now(),
            ends,
            ip: client.ip.to_string(),
            user_agent: client.user_agent.chars().take(Self::USER_AGENT_LENGTH).collect(),
            methods: Vec::new(),
            login: None,
            codes: BTreeMap::new(),
            totp_setup: None,
            ceremony: None,
            family: None,
            identity: None,
            last_seen: Some(app.now()),
            bearer: None,
            version: 0,
            unknown: Unknown::default(),
        }
    }
}

impl Bearer {
    /// When the token that is good now ends, with tokens that live so many seconds.
    pub fn ends(&self, lifetime: i64) -> Timestamp {
        let seconds = self.family.rotated_at.saturating_add(lifetime).min(self.family.ends);
        Timestamp(0).plus_seconds(seconds)
    }
}

impl CeremonyTicket {
    /// As a session keeps it.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Session {
    /// The ceremony in progress, unless it has taken too long.
    pub fn ceremony(&self, now: Timestamp) -> Option<CeremonyTicket> {
        let ticket = serde_json::from_str::<CeremonyTicket>(self.ceremony.as_deref()?).ok();
        ticket.filter(|ticket| now <= ticket.at.plus_seconds(i64::from(CEREMONY_SECONDS)))
    }

    /// The stage that the login in progress stands at, if there is one and it may go on.
    pub fn pending_stage(&self, settings: &Settings, now: Timestamp) -> Option<StageKey> {
        let login = self.login.as_ref().filter(|login| !login.is_expired(settings, now))?;
        login.stage().filter(|stage| {
            let spent = |kind: CodeKind| self.code(kind).is_some_and(|process| !process.has_attempts(kind, settings));
            !stage.code().is_some_and(spent)
        })
    }

    /// The code that is waited for.
    pub fn code(&self, kind: CodeKind) -> Option<&CodeProcess> {
        self.codes.get(kind.as_str())?.known()
    }

    /// The code that is waited for, to be changed.
    pub fn code_mut(&mut self, kind: CodeKind) -> Option<&mut CodeProcess> {
        self.codes.get_mut(kind.as_str())?.known_mut()
    }

    /// Waits for a code.
    pub fn set_code(&mut self, kind: CodeKind, process: CodeProcess) {
        self.codes.insert(kind.as_str().to_owned(), process.into());
    }

    /// Waits no longer for a code.
    pub fn drop_code(&mut self, kind: CodeKind) {
        self.codes.remove(kind.as_str());
    }

    /// Takes over what does not end with a login in the session before: a reset in progress.
    pub fn inherit(&mut self, old: &Self) {
        if let Some(process) = old.code(CodeKind::PasswordReset) {
            self.set_code(CodeKind::PasswordReset, process.clone());
        }
    }

    /// Forgets the login in progress and all that belongs to it.
    pub fn clear_login(&mut self) {
        self.login = None;
        self.ceremony = None;
        self.identity = None;
        if self.user.is_none() {
            self.codes.retain(|kind, _| kind == CodeKind::PasswordReset.as_str());
            self.methods.clear();
        }
    }
}

impl Item for Session {
    fn key(&self) -> Key {
        match self.user {
            Some(user) => user_session_key(user, self.number),
            None => pending_key(&self.secret),
        }
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends)
    }

    fn made_at(&self) -> Option<Timestamp> {
        Some(self.created)
    }
}

/// Where a session of a user is.
pub fn user_session_key(user: UserId, number: u64) -> Key {
    Key::new(user.key().pk, format!("{USER_SESSION}{number}"))
}

/// The user's live sessions, the oldest first. Of those that are over, up to [`Store::MOST_WRITES`] are deleted.
///
/// # Errors
/// The table is unavailable.
pub async fn list_sessions(store: &Store, user: &User) -> Result<Vec<Session>, StoreError> {
    let sessions = store.list_pages::<Session>(&user.key().pk, USER_SESSION, MOST_PAGES).await?;
    let (mut live, over) = sessions.into_iter().partition::<Vec<_>, _>(|session| session.generation == user.generation);
    if !over.is_empty() {
        let over = over.iter().take(Store::MOST_WRITES).map(Session::key).collect::<Vec<_>>();
        store.discard_all(&over).await?;
    }
    live.sort_by_key(|session| (session.created, session.number));
    Ok(live)
}

fn pending_key(digest: &str) -> Key {
    Key::new(format!("PENDING#{digest}"), "SESSION")
}

/// A user and a session of theirs as they stand now; nothing where the session is over.
///
/// # Errors
/// The table is unavailable.
pub async fn refresh(store: &Store, user: &User, session: &Session) -> Result<Option<(User, Session)>, StoreError> {
    let (session, user) = store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    let live = |(user, session): &(User, Session)| session.generation == user.generation && user.is_active;
    Ok(user.zip(session).filter(live))
}

/// The user and the session to decide on: at first those that the caller has loaded, later as [`refresh`] finds them.
///
/// # Errors
/// The table is unavailable.
pub async fn refresh_again(
    store: &Store,
    parts: (User, Session),
    again: Option<Again>,
) -> Result<Option<(User, Session)>, StoreError> {
    match again {
        None => Ok(Some(parts)),
        Some(_) => refresh(store, &parts.0, &parts.1).await,
    }
}

/// Notes that a session was used, where that is tracked: once a minute, or when the client has changed. What apps
/// send of themselves stays as it was at login, as in the reference.
///
/// # Errors
/// The table is unavailable.
pub async fn track(app: &App, client: &ClientInfo, kind: ClientKind, session: &mut Session) -> Result<(), StoreError> {
    const EVERY: i64 = 60;
    if !app.settings.user_sessions.track_activity || !app.settings.user_sessions.enabled {
        return Ok(());
    }
    let mut seen = session.clone();
    seen.last_seen = Some(app.now());
    if kind == ClientKind::Browser {
        seen.ip = client.ip.to_string();
        seen.user_agent = client.user_agent.chars().take(Session::USER_AGENT_LENGTH).collect();
    }
    let fresh = session.last_seen.is_some_and(|last| app.now() < last.plus_seconds(EVERY));
    if fresh && seen.ip == session.ip && seen.user_agent == session.user_agent {
        return Ok(());
    }
    // Another request of the session may be faster; then that one has noted it.
    if let Committed::Done = app.store.commit(vec![Write::replace(&seen)?]).await? {
        seen.version += 1;
        *session = seen;
    }
    Ok(())
}

/// Whom a credential stands for: one request to the table. Whatever is wrong with it, it stands for nobody.
///
/// # Errors
/// The table is unavailable.
pub async fn find_caller(store: &Store, credential: &str) -> Result<Caller, StoreError> {
    Ok(match look_up(store, credential).await? {
        Known::Caller(caller) => caller,
        Known::Revoked(_) => Caller::Anonymous,
    })
}

/// The same, and a session that its user has moved on from is deleted: the next who comes with it is told that it is gone.
///
/// # Errors
/// The table is unavailable.
pub async fn find_caller_and_clear(store: &Store, credential: &str) -> Result<Caller, StoreError> {
    match look_up(store, credential).await? {
        Known::Caller(caller) => Ok(caller),
        Known::Revoked(session) => {
            store.commit_with_retries(vec![Write::discard(session.key())]).await?;
            Ok(Caller::Anonymous)
        }
    }
}

/// What a credential leads to.
enum Known {
    Caller(Caller),
    /// A session that its user has moved on from.
    Revoked(Box<Session>),
}

async fn look_up(store: &Store, credential: &str) -> Result<Known, StoreError> {
    let Some(token) = SessionToken::parse(credential) else { return Ok(Known::Caller(Caller::Expired)) };
    Ok(match token.kind() {
        SessionTokenKind::Pending => {
            let session = store.find::<Session>(&pending_key(&token.digest())).await?;
            Known::Caller(session.map_or(Caller::Expired, |session| Caller::Pending(Box::new(session))))
        }
        SessionTokenKind::User(id) => {
            let caller = find_session(store, id, token.number()).await?;
            let fits = |session: &Session| secret::same(session.secret.as_bytes(), token.digest().as_bytes());
            match caller {
                Found::Live(parts) if fits(&parts.1) => Known::Caller(Caller::User(parts)),
                Found::Revoked(session) if fits(&session) => Known::Revoked(session),
                _ => Known::Caller(Caller::Expired),
            }
        }
    })
}

/// A session that was looked for by its number.
#[derive(Debug)]
pub enum Found {
    /// It is there, and so is its user.
    Live(Box<(User, Session)>),
    /// It is there, but the user has moved on from it.
    Revoked(Box<Session>),
    /// It is not there.
    Nothing,
}

/// The session of this number of a user, and the user: one request to the table. That the caller may know of it is for
/// others to show.
///
/// # Errors
/// The table is unavailable.
pub async fn find_session(store: &Store, user: UserId, number: u64) -> Result<Found, StoreError> {
    let keys = (user_session_key(user, number), user.key());
    let (session, user) = store.find_two::<Session, User>(&keys.0, &keys.1).await?;
    Ok(match (session, user) {
        (Some(session), Some(user)) if session.generation == user.generation && user.is_active => {
            Found::Live(Box::new((user, session)))
        }
        // A login clears away what is over, as in the reference.
        (Some(session), Some(user))
            if session.generation != user.generation && user.login_generation == user.generation =>
        {
            Found::Nothing
        }
        (Some(session), Some(_)) => Found::Revoked(Box::new(session)),
        _ => Found::Nothing,
    })
}
