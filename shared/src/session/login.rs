//! A login in progress, as a session of nobody keeps it.

use super::CodeKind;
use crate::account::{User, UserId};
use crate::ambient::Timestamp;
use crate::settings::{EmailVerification, Settings};
use serde::{Deserialize, Serialize};

/// A step that a login may have to stop at, by its name in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKey {
    /// A code is waited for.
    LoginByCode,
    /// The phone number has to be verified.
    VerifyPhone,
    /// The address has to be verified.
    VerifyEmail,
    /// A second factor has to be shown.
    MfaAuthenticate,
    /// Whether to let this browser off the second factor from now on.
    MfaTrust,
    /// A passkey has to be made, which is what they sign up with.
    MfaSignupWebauthn,
    /// A second factor has to be set up.
    MfaSetup,
}

impl StageKey {
    /// The name of the flow that gets past it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginByCode => "login_by_code",
            Self::VerifyPhone => "verify_phone",
            Self::VerifyEmail => "verify_email",
            Self::MfaAuthenticate => "mfa_authenticate",
            Self::MfaTrust => "mfa_trust",
            Self::MfaSignupWebauthn => "mfa_signup_webauthn",
            Self::MfaSetup => "mfa_setup",
        }
    }

    /// The code that gets past it.
    pub fn code(self) -> Option<CodeKind> {
        Some(match self {
            Self::LoginByCode => CodeKind::LoginByCode,
            Self::VerifyPhone => CodeKind::PhoneVerification,
            Self::VerifyEmail => CodeKind::EmailVerification,
            Self::MfaAuthenticate | Self::MfaTrust | Self::MfaSignupWebauthn | Self::MfaSetup => return None,
        })
    }
}

/// A login in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    /// Who logs in; none where nobody does, and it only looks so.
    pub user: Option<UserId>,
    /// The user's generation at the start.
    pub generation: u64,
    /// The address that was named, where one was.
    pub email: Option<String>,
    /// The number that was named, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether this is a signup.
    pub signup: bool,
    /// `ACCOUNT_EMAIL_VERIFICATION`, as it was at the start.
    pub email_verification: EmailVerification,
    /// When it began (`ACCOUNT_LOGIN_TIMEOUT`).
    pub initiated: Timestamp,
    /// Where it stands.
    pub current: Option<StageKey>,
    /// What it is past.
    #[serde(default)]
    pub handled: Vec<StageKey>,
    /// Where the person had to do something.
    #[serde(default)]
    pub halted: Vec<StageKey>,
    /// Whether a passkey is what they sign up with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_passkey: bool,
    /// What they can show as second factor, while that is waited for.
    #[serde(default)]
    pub factors: Vec<String>,
}

impl Login {
    /// A login that begins.
    pub fn new(user: Option<&User>, email: Option<String>, signup: bool, settings: &Settings, now: Timestamp) -> Self {
        Self {
            user: user.map(|user| user.id),
            generation: user.map_or(0, |user| user.generation),
            email,
            phone: None,
            signup,
            email_verification: settings.account.email_verification,
            initiated: now,
            current: None,
            handled: Vec::new(),
            halted: Vec::new(),
            by_passkey: false,
            factors: Vec::new(),
        }
    }

    /// Whether it took too long.
    pub fn is_over(&self, settings: &Settings, now: Timestamp) -> bool {
        now > self.initiated.plus_seconds(settings.account.login_timeout)
    }
}
