//! Kinds of messages, and the templates of each.
//!
//! To add a kind, add a line to a table below, and its files to `shared/templates`. It does not compile without the
//! files. The tests of [`render`](super::render) render every kind.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// A compiled-in file: its name as a template, and its text.
macro_rules! template {
    ($folder:literal, $name:literal, $end:literal) => {
        (concat!($folder, "/", $name, $end), include_str!(concat!("../../templates/", $folder, "/", $name, $end)))
    };
}
pub(super) use template;

/// The files of a mail: its subject, its text and its HTML.
macro_rules! mail_files {
    ($name:literal) => {
        &[template!("mail", $name, ".subject.txt"), template!("mail", $name, ".txt"), template!("mail", $name, ".html")]
    };
}

/// The file of a text message.
macro_rules! sms_files {
    ($name:literal) => {
        &[template!("sms", $name, ".txt")]
    };
}

/// Declares the kinds of messages of one channel. The name of a kind is the name of its templates, and is stored in the
/// table.
macro_rules! kinds {
    ($(#[doc = $about:literal])* $type:ident, $files:ident {
        $($(#[doc = $text:literal])* $variant:ident = $name:literal, needs [$($need:literal),*];)*
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, VariantArray)]
        pub enum $type { $($(#[doc = $text])* #[strum(serialize = $name)] $variant,)* }

        impl $type {
            /// The name of its templates, which is also its name in the table.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// The parameters of which a message needs at least one. Empty if it needs none.
            pub(super) fn needs(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($need),*],)* }
            }

            /// The compiled-in templates by name.
            pub(super) fn files(self) -> &'static [(&'static str, &'static str)] {
                match self { $(Self::$variant => $files!($name),)* }
            }
        }
    };
}

kinds! {
    /// Kinds of mail.
    ///
    /// ```
    /// assert_eq!(shared::outbox::MailKind::LoginCode.as_str(), "login_code");
    /// ```
    ///
    /// A misspelled kind does not compile:
    ///
    /// ```compile_fail,E0599
    /// assert_eq!(shared::outbox::MailKind::LogniCode.as_str(), "login_code");
    /// ```
    MailKind, mail_files {
        /// Asks a user to verify an address.
        EmailConfirmation = "email_confirmation", needs ["url", "code"];
        /// Asks a user who has never logged in to verify an address.
        EmailConfirmationSignup = "email_confirmation_signup", needs ["url", "code"];
        /// Informs the owner of an address that another person tried to sign up with it.
        AccountAlreadyExists = "account_already_exists", needs [];
        /// Informs a person who requested a code or a reset that no account has the address.
        UnknownAccount = "unknown_account", needs [];
        /// An invitation of the JWT API.
        Invitation = "invitation", needs ["url"];
        /// A link to set a new password.
        PasswordResetKey = "password_reset_key", needs ["url"];
        /// A code to set a new password.
        PasswordResetCode = "password_reset_code", needs ["code"];
        /// A code to log in.
        LoginCode = "login_code", needs ["code"];
        /// The password was changed.
        PasswordChanged = "password_changed", needs [];
        /// The password was reset.
        PasswordReset = "password_reset", needs [];
        /// A first password was set.
        PasswordSet = "password_set", needs [];
        /// The address was changed. This mail goes to the previous address.
        EmailChanged = "email_changed", needs [];
        /// An address was removed.
        EmailDeleted = "email_deleted", needs [];
        /// An authenticator app was added.
        TotpActivated = "totp_activated", needs [];
        /// The authenticator app was removed.
        TotpDeactivated = "totp_deactivated", needs [];
        /// Recovery codes were created.
        RecoveryCodesGenerated = "recovery_codes_generated", needs [];
        /// A third-party identity was connected.
        AccountConnected = "account_connected", needs [];
        /// A third-party identity was disconnected.
        AccountDisconnected = "account_disconnected", needs [];
        /// A security key or passkey was added.
        WebauthnAdded = "webauthn_added", needs [];
        /// A security key or passkey was removed.
        WebauthnRemoved = "webauthn_removed", needs [];
    }
}

kinds! {
    /// Kinds of text messages.
    SmsKind, sms_files {
        /// A code to verify a phone number.
        VerificationCode = "verification_code", needs ["code"];
        /// A code to log in.
        LoginCode = "login_code", needs ["code"];
        /// A code to set a new password.
        PasswordResetCode = "password_reset_code", needs ["code"];
        /// Informs a person who requested a code that no account has the number.
        UnknownAccount = "unknown_account", needs [];
        /// Informs the owner of a number that another person tried to sign up with it.
        AccountAlreadyExists = "account_already_exists", needs [];
    }
}
