//! What people do through the JWT API: its logins end in tokens rather than in sessions with a token of their own, and
//! its links carry capabilities. Accounts, limits, mails and the rules of a session are those of the other flows.

pub mod invitation;
pub mod login;
pub mod password;
pub mod profile;
pub mod registration;
pub mod reset;
pub mod second_factor;
pub mod sessions;
pub mod verification;

use super::{Problem, Refusal};
use crate::account::{Address, User};
use crate::app::App;
use crate::outbox::Message;
use crate::secret::strength::weaknesses;
use crate::session::{AuthenticationRecord, ClientInfo, Session};
use crate::settings::{EmailVerification, TotpMode};
use crate::store::{StoreError, Write};
use crate::throttle::Limit;
use crate::ticket::{Purpose, Ticket};
use serde_json::Value as Json;

/// Seconds that a challenge lives, and the secret of an authenticator app that is being set up.
const CHALLENGE: i64 = 300;

/// Why something is not done. Nothing was changed, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Wrong credentials, whatever is wrong with them.
    #[error("incorrect credentials")]
    IncorrectCredentials,
    /// Verification is mandatory and missing.
    #[error("the address is not verified")]
    NotVerified,
    /// The account may not log in.
    #[error("the account is not active")]
    Inactive,
    /// The login needs a step that this API does not have.
    #[error("the login needs a step that this API does not have")]
    Unsupported,
    /// Too many failed logins.
    #[error("too many failed logins")]
    TooManyLogins,
    /// Too often: it may be tried again in so many seconds.
    #[error("rate limited")]
    RateLimited(u32),
    /// Too many failures of the second factor, for so many seconds more.
    #[error("locked out of the second factor")]
    LockedOut(i64),
    /// A token, link or capability that is no good, or no longer.
    #[error("the token is no good")]
    InvalidToken,
    /// The session has reached the end of its life, and is ended.
    #[error("the session is over")]
    SessionExpired,
    /// Somebody has the address.
    #[error("the address is taken")]
    AddressTaken,
    /// The caller's role is not one that may do this.
    #[error("forbidden")]
    Forbidden,
    /// What is wrong with the new password. A capability that was to set it is used up.
    #[error("the passwords will not do")]
    Passwords(Vec<Problem>),
    /// The body will not do; the capability is used up.
    #[error("the body will not do")]
    Unfit,
    /// The password is another.
    #[error("another password")]
    WrongPassword,
    /// No such challenge, or not any more.
    #[error("the challenge is over")]
    ChallengeOver,
    /// That was the last attempt at the challenge: it is ended.
    #[error("the challenge is spent")]
    ChallengeSpent,
    /// The code is another, or was used before.
    #[error("another code")]
    WrongCode,
    /// There is no authenticator app.
    #[error("no authenticator app")]
    NoTotp,
    /// There are no recovery codes.
    #[error("no recovery codes")]
    NoRecoveryCodes,
    /// There is an authenticator app already.
    #[error("an authenticator app is there already")]
    TotpActive,
    /// No authenticator app is being set up.
    #[error("no authenticator app is being set up")]
    SetupNotBegun,
    /// The table did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Store(error),
            Refusal::RateLimited(seconds) => Self::RateLimited(seconds),
            Refusal::Forbidden => Self::Forbidden,
            Refusal::Invalid(problems) if problems.iter().any(|it| it.code == "too_many_login_attempts") => {
                Self::TooManyLogins
            }
            Refusal::Invalid(_)
            | Refusal::Conflict
            | Refusal::InvalidToken
            | Refusal::NotAuthenticated(_)
            | Refusal::ReauthenticationRequired(_) => Self::InvalidToken,
        }
    }
}

/// Where somebody stands who has shown who they are.
#[derive(Debug)]
pub enum Entry {
    /// In: the session whose tokens they get.
    In(Box<(User, Session)>),
    /// They have to show a second factor; this names the challenge.
    SecondFactor(String),
    /// They have to set one up; this names the challenge.
    Setup(String),
}

/// What stands between a proven credential and a session.
enum Passage {
    Free,
    Waits(Box<Ticket>, Entry),
}

/// Whether the user has to show a second factor first, or to set one up: the same after a login, a reset and an
/// invitation (ASVS 5.0 6.4.3).
fn passage(app: &App, user: &User) -> Passage {
    let challenge = |purpose| Ticket::new(app, purpose, user, CHALLENGE);
    if app.settings.mfa.enabled && user.has_second_factor() {
        let (ticket, text) = challenge(Purpose::LoginChallenge);
        return Passage::Waits(Box::new(ticket), Entry::SecondFactor(text));
    }
    if app.settings.jwt_api.mfa_totp_mode == TotpMode::Required {
        let (ticket, text) = challenge(Purpose::SetupChallenge);
        return Passage::Waits(Box::new(ticket), Entry::Setup(text));
    }
    Passage::Free
}

/// Where the user goes from here, and what that writes.
fn enter(app: &App, client: &ClientInfo, user: &User, method: &str) -> Result<(Write, Entry), StoreError> {
    match passage(app, user) {
        Passage::Waits(ticket, entry) => Ok((Write::create(&*ticket)?, entry)),
        Passage::Free => {
            let (session, write) = open(app, client, user, method, false)?;
            Ok((write, Entry::In(Box::new((user.clone(), session)))))
        }
    }
}

/// A new session, and its write.
fn open(
    app: &App,
    client: &ClientInfo,
    user: &User,
    method: &str,
    waits_for_email: bool,
) -> Result<(Session, Write), StoreError> {
    let mut session = Session::of_bearer(app, user, client, waits_for_email);
    session.methods.push(AuthenticationRecord::new(method, app.now()));
    let write = Write::create(&session)?;
    session.version = 1;
    Ok((session, write))
}

/// The failures of a user's second factor.
fn failures<'a>(app: &App, user: &'a str) -> Option<Limit<'a>> {
    let settings = &app.settings.jwt_api;
    let limit = Limit {
        name: "jwt_second_factor",
        key: user,
        amount: settings.mfa_max_attempts,
        seconds: settings.mfa_lockout_seconds,
    };
    (limit.amount > 0).then_some(limit)
}

/// Turns away a user who is locked out of the second factor.
async fn refuse_locked_out(app: &App, user: &User) -> Result<(), Denied> {
    let key = user.id.to_string();
    let Some(limit) = failures(app, &key) else { return Ok(()) };
    match app.full_for(&limit).await? {
        0 => Ok(()),
        seconds => Err(Denied::LockedOut(seconds)),
    }
}

/// Whether this API calls the user's address, or any of them, verified: it is, or was taken at its word, as long as nobody
/// is asked to verify.
pub fn is_email_verified(app: &App, user: &User, email: Option<&str>) -> bool {
    let on_trust = app.settings.jwt_api.verification() == EmailVerification::None;
    let is_good = |address: &&Address| address.verified || (on_trust && address.on_trust);
    user.addresses.iter().filter(is_good).any(|address| email.is_none_or(|email| email == address.email))
}

/// What is wrong with a new password that was typed twice, as Django's form has it.
fn password_problems(app: &App, user: &User, first: &str, second: &str) -> Vec<Problem> {
    if first != second {
        let message = "The two password fields didn\u{2019}t match.";
        return vec![Problem::field("new_password2", "password_mismatch", message)];
    }
    let weak = weaknesses(second, &user.attributes_for_passwords(), &app.password_policy);
    weak.into_iter().map(|weakness| Problem::field("new_password2", weakness.code, weakness.message)).collect()
}

/// An address of this API, as links have it.
fn link(app: &App, path: &str) -> String {
    let base = app.settings.service.public_url.as_str().trim_end_matches('/');
    format!("{base}{}{path}", app.settings.jwt_api.prefix.as_str())
}

/// The mail that tells the owner of an address that somebody wanted to register with it. It links to the page that
/// asks for a reset, where there is one.
fn address_taken_mail(app: &App, email: &str) -> Message {
    let page = app.settings.jwt_api.password_reset_request_url.as_deref();
    let url = page.map(|page| match app.settings.service.public_url.join(page) {
        Ok(absolute) => absolute.to_string(),
        Err(_) => page.to_owned(),
    });
    let params = match url {
        Some(url) => serde_json::json!({"password_reset_url": url}),
        None => Json::Object(serde_json::Map::new()),
    };
    Message::mail(app, "account_already_exists", email, params, 86_400)
}
