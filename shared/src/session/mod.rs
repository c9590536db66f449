//! Sessions and their tokens: of a user, and of nobody (a login that is not finished yet).

mod login;
mod token;

pub use login::{Login, StageKey};
pub use token::{Token, TokenKind};

use crate::account::{User, UserId};
use crate::ambient::Timestamp;
use crate::app::App;
use crate::secret;
use crate::settings::Settings;
use crate::store::{Item, Key, StoreError};
use serde::{Deserialize, Serialize};

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
}

/// A code that was sent and is waited for. Its guesses are counted in the table, before they are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeProcess {
    /// Changes with every new code.
    pub id: String,
    /// Keyed digest of the code and [`CodeProcess::id`] (ASVS 5.0 6.5.2).
    pub code: String,
    /// Where the code went.
    pub email: String,
    /// Whose address it is; none where the process only looks like one.
    pub user: Option<UserId>,
    /// When the process began; new codes do not prolong it.
    pub at: Timestamp,
    /// Guesses so far.
    pub attempts: u32,
    /// Codes sent again so far.
    pub resends: u32,
}

impl CodeProcess {
    /// Whether guesses are left. One that has none is as good as gone, without a write.
    pub fn has_attempts(&self, settings: &Settings) -> bool {
        self.attempts < settings.account.email_verification_by_code_max_attempts
    }

    /// Whether the code's time is over.
    pub fn is_over(&self, settings: &Settings, now: Timestamp) -> bool {
        now > self.at.plus_seconds(settings.account.email_verification_by_code_timeout)
    }
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
    /// The code that an address waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verification: Option<CodeProcess>,
    /// Counts changes.
    #[serde(default)]
    pub version: u64,
}

/// What the service knows of the client behind a request.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// Network address.
    pub ip: std::net::IpAddr,
    /// User agent, as sent.
    pub user_agent: String,
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
    Gone,
}

impl Caller {
    /// The user, if it is one.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(parts) => Some(&parts.0),
            _ => None,
        }
    }

    /// The session, of a user or of nobody.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::User(parts) => Some(&parts.1),
            Self::Pending(session) => Some(session),
            Self::Anonymous | Self::Gone => None,
        }
    }
}

/// Seconds that a session of nobody is kept: longer than any flow, so that its end is told as what it is.
const PENDING_AGE: i64 = 86_400;

impl Session {
    const USER_AGENT_LENGTH: usize = 200;

    /// A new session of a user, and its token.
    pub fn of_user(app: &App, user: &User, client: &ClientInfo) -> (Self, Token) {
        let token = Token::of_user(user.id, app.random(), app.random());
        let ends = app.now().plus_seconds(app.settings.cookies.session_age);
        (Self::new(app, Some(user), &token, ends, client), token)
    }

    /// A new session of nobody, and its token.
    pub fn of_nobody(app: &App, client: &ClientInfo) -> (Self, Token) {
        let token = Token::of_nobody(app.random());
        let age = app.settings.cookies.session_age.min(PENDING_AGE);
        (Self::new(app, None, &token, app.now().plus_seconds(age), client), token)
    }

    fn new(app: &App, user: Option<&User>, token: &Token, ends: Timestamp, client: &ClientInfo) -> Self {
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
            email_verification: None,
            version: 0,
        }
    }
}

impl Session {
    /// The stage that the login in progress stands at, if there is one and it may go on.
    pub fn pending_stage(&self, settings: &Settings, now: Timestamp) -> Option<StageKey> {
        let login = self.login.as_ref().filter(|login| !login.is_over(settings, now))?;
        let spent = self.email_verification.as_ref().is_some_and(|process| !process.has_attempts(settings));
        login.current.filter(|stage| *stage != StageKey::VerifyEmail || !spent)
    }

    /// Forgets the login in progress and all that belongs to it.
    pub fn clear_login(&mut self) {
        self.email_verification = None;
        self.login = None;
        if self.user.is_none() {
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
}

fn user_session_key(user: UserId, number: u64) -> Key {
    Key::new(user.key().pk, format!("SESSION#{number}"))
}

fn pending_key(digest: &str) -> Key {
    Key::new(format!("PENDING#{digest}"), "SESSION")
}

/// Whom a credential stands for: one request to the table. Whatever is wrong with it, it stands for nobody.
///
/// # Errors
/// The table is unavailable.
pub async fn find_caller(app: &App, credential: &str) -> Result<Caller, StoreError> {
    let Some(token) = Token::parse(credential) else { return Ok(Caller::Gone) };
    match token.kind() {
        TokenKind::Nobody => {
            let session = app.store.find::<Session>(&pending_key(&token.digest())).await?;
            Ok(session.map_or(Caller::Gone, |session| Caller::Pending(Box::new(session))))
        }
        TokenKind::User(id) => {
            let keys = (user_session_key(id, token.number()), id.key());
            let (session, user) = app.store.find_two::<Session, User>(&keys.0, &keys.1).await?;
            let (Some(session), Some(user)) = (session, user) else { return Ok(Caller::Gone) };
            if !secret::same(session.secret.as_bytes(), token.digest().as_bytes()) {
                return Ok(Caller::Gone);
            }
            // The session is there, but the user has moved on from it.
            let live = session.generation == user.generation && user.is_active;
            Ok(if live { Caller::User(Box::new((user, session))) } else { Caller::Anonymous })
        }
    }
}
