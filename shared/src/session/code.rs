//! Codes that were sent and are waited for.

use crate::account::UserId;
use crate::clock::Timestamp;
use crate::settings::{CodeFormat, Settings};
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Verifying an email address.
    EmailVerification,
    /// Logging in.
    LoginByCode,
    /// Resetting a password.
    PasswordReset,
    /// Verifying a phone number.
    PhoneVerification,
}

impl CodeKind {
    /// Its name in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::LoginByCode => "login_by_code",
            Self::PasswordReset => "password_reset",
            Self::PhoneVerification => "phone_verification",
        }
    }

    /// Guesses at one code.
    pub fn max_attempts(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_by_code_max_attempts,
            Self::LoginByCode => account.login_by_code_max_attempts,
            Self::PasswordReset => account.password_reset_by_code_max_attempts,
            Self::PhoneVerification => account.phone_verification_max_attempts,
        }
    }

    /// Seconds that a code lives.
    pub fn timeout(self, settings: &Settings) -> i64 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_by_code_timeout,
            Self::LoginByCode => account.login_by_code_timeout,
            Self::PasswordReset => account.password_reset_by_code_timeout,
            Self::PhoneVerification => account.phone_verification_timeout,
        }
    }

    /// How often another code can be asked for.
    pub fn max_resends(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_supports_resend.0,
            Self::LoginByCode => account.login_by_code_supports_resend.0,
            Self::PasswordReset => 0,
            Self::PhoneVerification => account.phone_verification_supports_resend.0,
        }
    }

    /// How often where it goes can be changed.
    pub fn max_changes(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_supports_change.0,
            Self::PhoneVerification => account.phone_verification_supports_change.0,
            Self::LoginByCode | Self::PasswordReset => 0,
        }
    }

    /// What the code looks like.
    pub fn format(self, settings: &Settings) -> &CodeFormat {
        let account = &settings.account;
        let format = match self {
            Self::EmailVerification => &account.email_verification_by_code_format,
            Self::LoginByCode => &account.login_by_code_format,
            Self::PasswordReset => &account.password_reset_by_code_format,
            Self::PhoneVerification => &account.phone_verification_code_format,
        };
        format.as_ref().unwrap_or(&settings.service.user_code_format)
    }
}

/// A code that was sent and is waited for. Its guesses are counted in the table, before they are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeProcess {
    /// Changes with every new code.
    pub id: String,
    /// Keyed digest of the code and [`CodeProcess::id`] (ASVS 5.0 6.5.2).
    pub code: String,
    /// The address that it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number that it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whose it is; none where the process only looks like one.
    pub user: Option<UserId>,
    /// When the process began; new codes do not prolong it.
    pub at: Timestamp,
    /// Guesses so far.
    pub attempts: u32,
    /// Codes sent again so far.
    pub resends: u32,
    /// Changes of the address or number so far.
    #[serde(default)]
    pub changes: u32,
    /// Whether somebody asked for the code, rather than a login for somebody.
    #[serde(default)]
    pub asked_for: bool,
    /// Whether the address or number is somebody else's, and the code worth nothing.
    #[serde(default)]
    pub is_decoy: bool,
    /// Whether the code was shown right already.
    #[serde(default)]
    pub confirmed: bool,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl CodeProcess {
    /// Whether guesses are left. One that has none is as good as gone, without a write.
    pub fn has_attempts(&self, kind: CodeKind, settings: &Settings) -> bool {
        self.attempts < kind.max_attempts(settings)
    }

    /// Whether the code's time is over.
    pub fn is_expired(&self, kind: CodeKind, settings: &Settings, now: Timestamp) -> bool {
        now > self.at.plus_seconds(kind.timeout(settings))
    }
}
