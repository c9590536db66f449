//! Codes that were sent to a user and not entered yet.

use crate::account::UserId;
use crate::clock::Timestamp;
use crate::settings::{CodeFormat, Settings};
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};

/// The purpose of a code.
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

    /// Most attempts to enter one code.
    pub fn max_attempts(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_by_code_max_attempts,
            Self::LoginByCode => account.login_by_code_max_attempts,
            Self::PasswordReset => account.password_reset_by_code_max_attempts,
            Self::PhoneVerification => account.phone_verification_max_attempts,
        }
    }

    /// Seconds for which a code is valid.
    pub fn timeout(self, settings: &Settings) -> i64 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_by_code_timeout,
            Self::LoginByCode => account.login_by_code_timeout,
            Self::PasswordReset => account.password_reset_by_code_timeout,
            Self::PhoneVerification => account.phone_verification_timeout,
        }
    }

    /// How often the user can request another code.
    pub fn max_resends(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_supports_resend.0,
            Self::LoginByCode => account.login_by_code_supports_resend.0,
            Self::PasswordReset => 0,
            Self::PhoneVerification => account.phone_verification_supports_resend.0,
        }
    }

    /// How often the user can change the address or number that the code is sent to.
    pub fn max_changes(self, settings: &Settings) -> u32 {
        let account = &settings.account;
        match self {
            Self::EmailVerification => account.email_verification_supports_change.0,
            Self::PhoneVerification => account.phone_verification_supports_change.0,
            Self::LoginByCode | Self::PasswordReset => 0,
        }
    }

    /// The format of the code.
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

/// A code that was sent and not entered yet. Each attempt to enter it is counted in the table before the code is
/// compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeProcess {
    /// A new value for every new code.
    pub id: String,
    /// Keyed digest of the code and [`CodeProcess::id`] (ASVS 5.0 6.5.2).
    pub code: String,
    /// The address that the code was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number that the code was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The user; `None` for a process that only imitates one, so that an attacker cannot find out whether an account
    /// exists.
    pub user: Option<UserId>,
    /// When the process began. A new code does not prolong it.
    pub at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// Number of codes that were sent again.
    pub resends: u32,
    /// Number of changes of the address or phone number.
    #[serde(default)]
    pub changes: u32,
    /// Whether a client requested the code. Otherwise a login stage sent it.
    #[serde(default)]
    pub asked_for: bool,
    /// Whether the address or number belongs to another account. Then the code is never accepted.
    #[serde(default)]
    pub is_decoy: bool,
    /// Whether the right code was already entered.
    #[serde(default)]
    pub confirmed: bool,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl CodeProcess {
    /// Whether there are attempts left. A process without attempts counts as deleted, without a write.
    pub fn has_attempts(&self, kind: CodeKind, settings: &Settings) -> bool {
        self.attempts < kind.max_attempts(settings)
    }

    /// Whether the code has expired.
    pub fn is_expired(&self, kind: CodeKind, settings: &Settings, now: Timestamp) -> bool {
        now > self.at.plus_seconds(kind.timeout(settings))
    }
}
