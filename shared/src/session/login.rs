//! A login in progress, as a pending session stores it.

use super::CodeKind;
use crate::account::{User, UserId};
use crate::clock::Timestamp;
use crate::settings::{EmailVerification, Settings};
use crate::versions::{Open, Unknown};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// A stage at which a login may have to stop. The variants are in the order in which a login passes them: first the
/// stages of django-allauth, then Latchkey's own. Their names in snake case are the names of the flows in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StageKey {
    /// The user has to enter a code.
    LoginByCode,
    /// The user has to verify the phone number.
    VerifyPhone,
    /// The user has to verify the email address.
    VerifyEmail,
    /// The user has to use a second factor.
    MfaAuthenticate,
    /// The user is asked whether to trust this browser, so that it needs no second factor from now on.
    MfaTrust,
    /// The user has to create the passkey of a signup.
    MfaSignupWebauthn,
    /// The user has to set up a second factor.
    MfaSetup,
}

impl StageKey {
    /// The name of the flow that completes the stage.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl StageKey {
    /// The kind of code that completes the stage.
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
    /// The user; `None` for a login that only imitates one, so that an attacker cannot find out whether an account
    /// exists.
    pub user: Option<UserId>,
    /// The user's generation when the login began.
    pub generation: u64,
    /// The email address that the user entered, if any.
    pub email: Option<String>,
    /// The phone number that the user entered, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether this is a signup.
    pub signup: bool,
    /// `ACCOUNT_EMAIL_VERIFICATION`, as it was when the login began.
    pub email_verification: Open<EmailVerification>,
    /// When it began (`ACCOUNT_LOGIN_TIMEOUT`).
    pub initiated: Timestamp,
    current: Option<Open<StageKey>>,
    #[serde(default)]
    handled: Vec<Open<StageKey>>,
    #[serde(default)]
    halted: Vec<Open<StageKey>>,
    /// Whether the user signs up with a passkey.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_passkey: bool,
    /// The kinds of second factor that the user has, while the login waits for one.
    #[serde(default)]
    pub factors: Vec<String>,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Login {
    /// Creates a login that begins now.
    pub fn new(user: Option<&User>, email: Option<String>, signup: bool, settings: &Settings, now: Timestamp) -> Self {
        Self {
            user: user.map(|user| user.id),
            generation: user.map_or(0, |user| user.generation),
            email,
            phone: None,
            signup,
            email_verification: settings.account.email_verification.into(),
            initiated: now,
            current: None,
            handled: Vec::new(),
            halted: Vec::new(),
            by_passkey: false,
            factors: Vec::new(),
            unknown: Unknown::default(),
        }
    }

    /// The current stage. `None` also for a stage of a newer version: such a login waits, and no operation of this
    /// version continues it.
    pub fn stage(&self) -> Option<StageKey> {
        self.current.as_ref()?.known().copied()
    }

    /// Whether the current stage is one that this version does not know.
    pub fn waits_for_newer_version(&self) -> bool {
        self.current.as_ref().is_some_and(|stage| stage.known().is_none())
    }

    /// Whether the login has passed this stage.
    pub fn has_completed(&self, stage: StageKey) -> bool {
        self.handled.iter().any(|handled| *handled == stage)
    }

    /// Whether the login has stopped at this stage.
    pub fn has_waited_at(&self, stage: StageKey) -> bool {
        self.halted.iter().any(|halted| *halted == stage)
    }

    /// Sets the current stage.
    pub fn set_stage(&mut self, stage: StageKey) {
        self.current = Some(stage.into());
    }

    /// Makes the login wait at the current stage.
    pub fn wait(&mut self) {
        self.halted.extend(self.current.clone());
    }

    /// Marks a stage as passed.
    pub fn complete(&mut self, stage: StageKey) {
        self.handled.push(stage.into());
    }

    /// `ACCOUNT_EMAIL_VERIFICATION`, as it was when the login began. The value of a newer version counts as the
    /// strictest one.
    pub fn email_verification(&self) -> EmailVerification {
        self.email_verification.known().copied().unwrap_or(EmailVerification::Mandatory)
    }

    /// Whether the login has expired.
    pub fn is_expired(&self, settings: &Settings, now: Timestamp) -> bool {
        now > self.initiated.plus_seconds(settings.account.login_timeout)
    }
}
