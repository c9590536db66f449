//! Groups of related settings (`LATCHKEY_PRESET`).

use super::values::keywords;

keywords! {
    /// A way of logging in, with the settings that belong to it.
    Preset {
        /// Passwords, with second factors and notification mails.
        Classic = "classic",
        /// Mailed codes, and no passwords.
        Passwordless = "passwordless",
        /// Passkeys first, also for signup.
        Passkeys = "passkeys",
    }
}

/// The settings of every preset (ASVS 5.0 6.3.7).
const EVERY: &[(&str, &str)] = &[("ACCOUNT_EMAIL_NOTIFICATIONS", "true")];

const CLASSIC: &[(&str, &str)] = &[
    ("ACCOUNT_REAUTHENTICATION_REQUIRED", "true"),
    ("LATCHKEY_DEVICE_COOKIE", "true"),
    ("MFA_SUPPORTED_TYPES", r#"["recovery_codes", "totp", "webauthn"]"#),
    ("MFA_TRUST_ENABLED", "true"),
];

const PASSWORDLESS: &[(&str, &str)] = &[
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND", "true"),
    ("ACCOUNT_SIGNUP_FIELDS", r#"["email*"]"#),
];

const PASSKEYS: &[(&str, &str)] = &[
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
    ("LATCHKEY_WEBAUTHN_FULL_OPTIONS", "true"),
    ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
    ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
    ("MFA_SUPPORTED_TYPES", r#"["recovery_codes", "totp", "webauthn"]"#),
];

impl Preset {
    /// Returns the settings of the preset, in the environment's format. A setting that is set explicitly takes
    /// precedence.
    pub(super) fn settings(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = match self {
            Self::Classic => CLASSIC,
            Self::Passwordless => PASSWORDLESS,
            Self::Passkeys => PASSKEYS,
        };
        EVERY.iter().chain(own).copied()
    }
}
