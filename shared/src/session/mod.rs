//! Sessions and their tokens. A session belongs to a user, or it is pending: it has no user and holds a login that is
//! not complete yet.

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

/// How a user authenticated, as the API lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthenticationRecord {
    /// `password`, `code`, `mfa`, `socialaccount`.
    pub method: String,
    /// When the user authenticated.
    pub at: Timestamp,
    /// The email address of a login with an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The username of a login with a username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The phone number of a login with a code sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The id of the authenticator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The kind of the authenticator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The user's id at the identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether the authenticator was the only credential, as with a passkey login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passwordless: bool,
    /// Whether a user who was already logged in authenticated again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reauthenticated: bool,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl AuthenticationRecord {
    /// A record of the use of this authenticator.
    pub fn of_factor(used: &Authenticator, now: Timestamp) -> Self {
        Self { id: Some(used.id), kind: Some(used.factor.kind().to_owned()), ..Self::new("mfa", now) }
    }

    /// A record of an authentication at this moment.
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

/// Adds a record to the records of a user's session. It replaces an earlier record with the same method, the same kind
/// of authenticator and the same `reauthenticated`, so that the list does not grow without limit.
pub fn note_again(methods: &mut Vec<AuthenticationRecord>, record: AuthenticationRecord) {
    let what = |record: &AuthenticationRecord| (record.method.clone(), record.kind.clone(), record.reauthenticated);
    let new = what(&record);
    methods.retain(|old| what(old) != new);
    methods.push(record);
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The owner; `None` for a pending session.
    pub user: Option<UserId>,
    /// The number of the session, unique within the user; 0 for a pending session.
    pub number: u64,
    /// Digest of the token's random part.
    pub secret: String,
    /// The user's generation when the session was created.
    pub generation: u64,
    /// When it was created.
    pub created: Timestamp,
    /// When it expires.
    pub ends: Timestamp,
    /// The client's network address when the session was created.
    pub ip: String,
    /// The client's user agent when the session was created, at most 200 characters.
    pub user_agent: String,
    /// How the user authenticated.
    #[serde(default)]
    pub methods: Vec<AuthenticationRecord>,
    /// The login in progress, in a pending session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// The codes that were sent and not entered yet, by kind.
    #[serde(default)]
    pub codes: BTreeMap<String, Open<CodeProcess>>,
    /// The secret of an authenticator app that is being set up, encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_setup: Option<String>,
    /// The WebAuthn ceremony in progress, a [`CeremonyTicket`] as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<String>,
    /// The identity of a signup in progress, a `ProvenIdentity` (of [`crate::flow`]) as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The refresh tokens of a client that gets signed tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// When the session was last used, if the settings track this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// The refresh tokens of a session of the JWT API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Bearer>,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The refresh tokens of a session of the JWT API. One of them is valid at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bearer {
    /// Identifies the tokens and records their rotation.
    pub family: Family,
    /// Whether the tokens are invalid until the user has verified an address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_email: bool,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A WebAuthn ceremony in progress. It belongs to the session in which it began. The write that completes it also
/// removes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CeremonyTicket {
    /// The state of the ceremony, including the challenge. It is not secret: the client has received it.
    pub state: String,
    /// When the ceremony began.
    pub at: Timestamp,
}

/// The API that a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// django-allauth's headless API.
    Headless,
    /// The flat API.
    Flat,
    /// The API of django-jwt-allauth.
    Jwt,
}

/// Facts about the client that sent a request.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// The API that the client uses.
    pub api: Api,
    /// Network address.
    pub ip: std::net::IpAddr,
    /// User agent, as sent by the client.
    pub user_agent: String,
    /// Whether it is a browser. Only browsers keep cookies.
    pub is_browser: bool,
    /// Whether it gets signed tokens.
    pub has_tokens: bool,
    /// The cookie of a trusted browser, which needs no second factor.
    pub trust: Option<String>,
    /// The cookie of a browser in which the user has logged in before.
    pub device: Option<String>,
}

/// The sender of a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A client without a session.
    Anonymous,
    /// A client whose login is in progress, with its pending session.
    Pending(Box<Session>),
    /// A user.
    User(Box<(User, Session)>),
    /// A client whose credential is invalid or no longer valid.
    Expired,
}

impl Caller {
    /// The user, if the caller is logged in.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(parts) => Some(&parts.0),
            _ => None,
        }
    }

    /// The same caller with a changed session.
    pub fn with_session(self, session: Session) -> Self {
        match self {
            Self::User(parts) => Self::User(Box::new((parts.0, session))),
            Self::Pending(_) => Self::Pending(Box::new(session)),
            other => other,
        }
    }

    /// The session, if the caller has one.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::User(parts) => Some(&parts.1),
            Self::Pending(session) => Some(session),
            Self::Anonymous | Self::Expired => None,
        }
    }
}

/// Seconds for which a pending session is kept. This is longer than any flow takes, so that a client learns that its
/// flow has expired.
const PENDING_AGE: i64 = 86_400;
/// Sort keys of a user's sessions.
const USER_SESSION: &str = "SESSION#";
/// Most pages, of at most 1 MB each, that are read to list a user's sessions. They hold several thousand sessions.
const MOST_PAGES: usize = 5;

impl Session {
    const USER_AGENT_LENGTH: usize = 200;

    /// Creates a session of a user. Returns it with its token.
    pub fn of_user(app: &App, user: &User, client: &ClientInfo) -> (Self, SessionToken) {
        let token = SessionToken::of_user(user.id, app.random(), app.random());
        let age = app.settings.cookies.session_age;
        let mut session = Self::new(app, Some(user), &token, app.now().plus_seconds(age), client);
        if client.has_tokens {
            session.family = Some(Family::new(app.random(), app.now().seconds(), age));
        }
        (session, token)
    }

    /// Creates a session of a user in the JWT API. Its session token is never sent to a client.
    pub fn of_bearer(app: &App, user: &User, client: &ClientInfo, waits_for_email: bool) -> Self {
        let settings = &app.settings.jwt_api;
        let now = app.now().seconds();
        let family = Family::new(app.random(), now, settings.session_lifetime.unwrap_or(i64::MAX));
        let token = SessionToken::of_user(user.id, app.random(), app.random());
        let bearer = Bearer { family, waits_for_email, unknown: Unknown::default() };
        let ends = bearer.ends(settings.refresh_token_lifetime);
        Self { bearer: Some(bearer), ..Self::new(app, Some(user), &token, ends, client) }
    }

    /// Creates a pending session. Returns it with its token.
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
    /// When the current refresh token expires, if refresh tokens are valid for `lifetime` seconds.
    pub fn ends(&self, lifetime: i64) -> Timestamp {
        let seconds = self.family.rotated_at.saturating_add(lifetime).min(self.family.ends);
        Timestamp(0).plus_seconds(seconds)
    }
}

impl CeremonyTicket {
    /// The text that a session stores.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Session {
    /// The ceremony in progress, if it has not expired.
    pub fn ceremony(&self, now: Timestamp) -> Option<CeremonyTicket> {
        let ticket = serde_json::from_str::<CeremonyTicket>(self.ceremony.as_deref()?).ok();
        ticket.filter(|ticket| now <= ticket.at.plus_seconds(i64::from(CEREMONY_SECONDS)))
    }

    /// The stage at which the login in progress waits. `None` if there is no login, or if the login has expired or has
    /// no attempts left.
    pub fn pending_stage(&self, settings: &Settings, now: Timestamp) -> Option<StageKey> {
        let login = self.login.as_ref().filter(|login| !login.is_expired(settings, now))?;
        login.stage().filter(|stage| {
            let spent = |kind: CodeKind| self.code(kind).is_some_and(|process| !process.has_attempts(kind, settings));
            !stage.code().is_some_and(spent)
        })
    }

    /// The code of this kind that was sent and not entered yet.
    pub fn code(&self, kind: CodeKind) -> Option<&CodeProcess> {
        self.codes.get(kind.as_str())?.known()
    }

    /// The same as [`Session::code`], mutable.
    pub fn code_mut(&mut self, kind: CodeKind) -> Option<&mut CodeProcess> {
        self.codes.get_mut(kind.as_str())?.known_mut()
    }

    /// Stores a code that was sent.
    pub fn set_code(&mut self, kind: CodeKind, process: CodeProcess) {
        self.codes.insert(kind.as_str().to_owned(), process.into());
    }

    /// Removes a code.
    pub fn drop_code(&mut self, kind: CodeKind) {
        self.codes.remove(kind.as_str());
    }

    /// Copies from the previous session what does not end with a login: a password reset in progress.
    pub fn inherit(&mut self, old: &Self) {
        if let Some(process) = old.code(CodeKind::PasswordReset) {
            self.set_code(CodeKind::PasswordReset, process.clone());
        }
    }

    /// Removes the login in progress and everything that belongs to it.
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

/// The key of a user's session.
pub fn user_session_key(user: UserId, number: u64) -> Key {
    Key::new(user.key().pk, format!("{USER_SESSION}{number}"))
}

/// Returns the user's valid sessions, the oldest first. Deletes up to [`Store::MOST_WRITES`] sessions of an earlier
/// generation.
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

/// Reads a user and one of their sessions again. Returns `None` if the session has ended.
///
/// # Errors
/// The table is unavailable.
pub async fn refresh(store: &Store, user: &User, session: &Session) -> Result<Option<(User, Session)>, StoreError> {
    let (session, user) = store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    let live = |(user, session): &(User, Session)| session.generation == user.generation && user.is_active;
    Ok(user.zip(session).filter(live))
}

/// Returns the user and the session to decide on: for the first attempt those that the caller has loaded, for later
/// attempts the result of [`refresh`].
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

/// Records the use of a session, if the settings track this: once a minute, or if the client has changed. The network
/// address and user agent of apps are those of the login, as in django-allauth.
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
    // If this fails, another request of the session has just recorded its use.
    if let Committed::Done = app.store.commit(vec![Write::replace(&seen)?]).await? {
        seen.version += 1;
        *session = seen;
    }
    Ok(())
}

/// Finds the caller of a credential, with one request to the table. The result is [`Caller::Expired`] for an invalid
/// credential. A session of an earlier generation, or of a user who is not active, counts as anonymous.
///
/// # Errors
/// The table is unavailable.
pub async fn find_caller(store: &Store, credential: &str) -> Result<Caller, StoreError> {
    Ok(match look_up(store, credential).await? {
        Known::Caller(caller) => caller,
        Known::Revoked(_) => Caller::Anonymous,
    })
}

/// The same as [`find_caller`], but deletes a session that counts as anonymous. The next request with it gets
/// [`Caller::Expired`].
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

/// The result of looking up a credential.
enum Known {
    Caller(Caller),
    /// A session of an earlier generation, or of a user who is not active.
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

/// The result of looking up a session by its number.
#[derive(Debug)]
pub enum Found {
    /// The session and its user.
    Live(Box<(User, Session)>),
    /// A session of an earlier generation, or of a user who is not active.
    Revoked(Box<Session>),
    /// There is no such session.
    Nothing,
}

/// Finds a user's session by its number, and the user, with one request to the table. The caller of this function has
/// to check that the client is allowed to use the session.
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
        // A login deletes the sessions of earlier generations, as in django-allauth.
        (Some(session), Some(user))
            if session.generation != user.generation && user.login_generation == user.generation =>
        {
            Found::Nothing
        }
        (Some(session), Some(_)) => Found::Revoked(Box::new(session)),
        _ => Found::Nothing,
    })
}
