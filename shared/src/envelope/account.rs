//! A user, and the user's addresses, phone numbers and sessions.

use super::Timestamp;
use crate::account::{User as Account, UserId};
use crate::flow::addresses::email_addresses::Listed;
use crate::session::Session as AccountSession;
use crate::settings::{Condition, Settings};
use schemars::JsonSchema;
use serde::Serialize;

/// A user. Clients also see the user of an incomplete login, so it has few fields. Empty fields are absent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct User<'a> {
    /// The user's id. Absent while a signup through a provider is not finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uuid"))]
    pub id: Option<UserId>,
    /// The name to show for the user.
    pub display: &'a str,
    /// Whether a password is set.
    pub has_usable_password: bool,
    /// The primary email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub email: Option<&'a str>,
    /// The username.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::Usernames]))]
    pub username: Option<&'a str>,
}

impl<'a> User<'a> {
    /// Returns a user for clients.
    pub fn new(settings: &Settings, user: &'a Account) -> Self {
        Self {
            id: Some(user.id),
            display: user.display(settings),
            has_usable_password: user.has_usable_password(),
            email: user.primary_email(),
            username: user.username.as_deref().filter(|_| settings.account.username_field.is_some()),
        }
    }
}

/// An email address of a user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EmailAddress<'a> {
    /// The address.
    email: &'a str,
    /// Whether it is verified.
    verified: bool,
    /// Whether mails are sent to this address. An account has at most one primary address.
    primary: bool,
}

impl<'a> EmailAddress<'a> {
    /// Returns an address.
    pub fn new(email: &'a str, verified: bool, primary: bool) -> Self {
        Self { email, verified, primary }
    }

    /// Returns a user's addresses.
    pub fn list(addresses: &'a [Listed]) -> Vec<Self> {
        addresses.iter().map(|listed| Self::new(&listed.email, listed.verified, listed.primary)).collect()
    }
}

/// A phone number of a user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PhoneNumber<'a> {
    /// The number, in E.164.
    pub phone: &'a str,
    /// Whether it is verified.
    pub verified: bool,
}

/// A session of a user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session<'a> {
    /// The session's number.
    id: u64,
    /// The `User-Agent` of the request that created the session.
    user_agent: &'a str,
    /// The client's address when the session was created.
    ip: &'a str,
    /// When the session was created.
    created_at: Timestamp,
    /// Whether it is the session of this request.
    is_current: bool,
    /// When it was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp", extend("x-latchkey-if" = [Condition::TrackedActivity]))]
    last_seen_at: Option<Timestamp>,
}

impl<'a> Session<'a> {
    /// Returns a user's sessions.
    pub fn list(settings: &Settings, sessions: &'a [AccountSession], current: &AccountSession) -> Vec<Self> {
        let tracked = settings.user_sessions.track_activity;
        let row = |session: &'a AccountSession| Self {
            id: session.number,
            user_agent: &session.user_agent,
            ip: &session.ip,
            created_at: session.created.into(),
            is_current: session.number == current.number,
            last_seen_at: tracked.then(|| session.last_seen.unwrap_or(session.created).into()),
        };
        sessions.iter().map(row).collect()
    }
}

/// The purpose of an email verification key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EmailVerificationInfo<'a> {
    /// The address.
    pub email: &'a str,
    /// The user that the address belongs to.
    pub user: User<'a>,
}

/// More about the email verification.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct EmailVerificationMeta {
    /// Whether the verification completes a login.
    pub is_authenticating: bool,
}

/// The purpose of a password reset key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct PasswordResetInfo<'a> {
    /// The user whose password can be reset.
    pub user: User<'a>,
}
