//! A login in progress, as a session of nobody keeps it.

use super::CodeKind;
use crate::account::{User, UserId};
use crate::clock::Timestamp;
use crate::settings::{EmailVerification, Settings};
use crate::versions::{Open, Unknown};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// A step that a login may have to stop at. The variants are in the order in which a login goes through them: that of
/// django-allauth, and ours last. Their names in snake case are those of the flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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
        self.into()
    }
}

impl StageKey {
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
    pub email_verification: Open<EmailVerification>,
    /// When it began (`ACCOUNT_LOGIN_TIMEOUT`).
    pub initiated: Timestamp,
    current: Option<Open<StageKey>>,
    #[serde(default)]
    handled: Vec<Open<StageKey>>,
    #[serde(default)]
    halted: Vec<Open<StageKey>>,
    /// Whether a passkey is what they sign up with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_passkey: bool,
    /// What they can show as second factor, while that is waited for.
    #[serde(default)]
    pub factors: Vec<String>,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
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

    /// The stage where it stands. `None` also where that is a stage of a newer version: such a login waits, and no
    /// operation of this version takes it further.
    pub fn stage(&self) -> Option<StageKey> {
        self.current.as_ref()?.known().copied()
    }

    /// Whether it stands at a stage that this version does not know.
    pub fn waits_for_newer_version(&self) -> bool {
        self.current.as_ref().is_some_and(|stage| stage.known().is_none())
    }

    /// Whether it is past this stage.
    pub fn has_completed(&self, stage: StageKey) -> bool {
        self.handled.iter().any(|handled| *handled == stage)
    }

    /// Whether the person had to do something at this stage.
    pub fn has_waited_at(&self, stage: StageKey) -> bool {
        self.halted.iter().any(|halted| *halted == stage)
    }

    /// Makes this the stage where it stands.
    pub fn set_stage(&mut self, stage: StageKey) {
        self.current = Some(stage.into());
    }

    /// Makes it wait for the person at the stage where it stands.
    pub fn wait(&mut self) {
        self.halted.extend(self.current.clone());
    }

    /// Takes it past a stage.
    pub fn complete(&mut self, stage: StageKey) {
        self.handled.push(stage.into());
    }

    /// `ACCOUNT_EMAIL_VERIFICATION`, as it was at the start. A value of a newer version is taken for the strictest.
    pub fn email_verification(&self) -> EmailVerification {
        self.email_verification.known().copied().unwrap_or(EmailVerification::Mandatory)
    }

    /// Whether it took too long.
    pub fn is_expired(&self, settings: &Settings, now: Timestamp) -> bool {
        now > self.initiated.plus_seconds(settings.account.login_timeout)
    }
}
