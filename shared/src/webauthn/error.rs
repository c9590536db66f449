//! Why a ceremony did not succeed.

use webauthn_rs_core::error::WebauthnError;

/// Why a ceremony did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The field `credential` is absent or empty.
    #[error("no credential")]
    Required,
    /// The field `credential` is a string that is not JSON.
    #[error("the credential is not JSON")]
    Invalid,
    /// JSON, but not the answer of a WebAuthn client: members are missing, or of another type.
    #[error("the credential is malformed: {0}")]
    Malformed(String),
    /// A well-formed answer that proves nothing.
    #[error("the credential is refused: {0}")]
    Refused(#[from] VerificationError),
    /// Not the client's doing: a state that this module did not make.
    #[error("ceremony state: {0}")]
    State(String),
}

impl CeremonyError {
    /// The API's error code, or none where the fault is on our side.
    ///
    /// `required` and `invalid` go with the parameter `credential` always. `incorrect_code` goes with it where a
    /// credential is used, and with no parameter where one is added: django-allauth checks the first in
    /// `clean_credential`, the second in `clean` (`allauth/mfa/webauthn/forms.py`).
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Required => Some("required"),
            Self::Invalid => Some("invalid"),
            Self::Malformed(_) | Self::Refused(_) => Some("incorrect_code"),
            Self::State(_) => None,
        }
    }
}

/// What about a well-formed answer was wrong. For logs and tests: clients hear `incorrect_code` for each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// Made for another origin (WebAuthn Level 2, 7.1 step 9 and 7.2 step 13).
    #[error("wrong origin")]
    Origin,
    /// Made in a frame of another origin that may not embed this one (WebAuthn Level 3, 7.1 steps 10 and 11, 7.2 steps
    /// 14 and 15).
    #[error("in a frame of another origin")]
    Frame,
    /// Made for another relying party (7.1 step 13, 7.2 step 15).
    #[error("wrong relying party")]
    RelyingParty,
    /// Made for another challenge (7.1 step 8, 7.2 step 12).
    #[error("wrong challenge")]
    Challenge,
    /// Made by `create` where `get` was asked for, or the reverse (7.1 step 7, 7.2 step 11); or the ceremony in progress
    /// is of another kind.
    #[error("wrong kind of ceremony")]
    Kind,
    /// Nobody touched the authenticator (7.1 step 14, 7.2 step 16).
    #[error("user not present")]
    UserPresence,
    /// The user was not verified, and had to be (7.1 step 15, 7.2 step 17).
    #[error("user not verified")]
    UserVerification,
    /// Not a credential of this user, as far as the caller's list goes (7.2 steps 5 to 7).
    #[error("unknown credential")]
    UnknownCredential,
    /// The credential was made as a second factor, without verifying its user, and cannot log in alone.
    #[error("created as a second factor only")]
    SecondFactorOnly,
    /// The user handle names another user (7.2 step 6).
    #[error("wrong user")]
    UserHandle,
    /// The signature counter did not go up: the authenticator may have been cloned (7.2 step 21).
    #[error("the signature counter did not increase")]
    Counter,
    /// The signature is not that of the credential's key (7.2 step 20).
    #[error("wrong signature")]
    Signature,
    /// Anything else that the engine objects to, in its words.
    #[error("{0}")]
    Other(String),
}

impl From<WebauthnError> for CeremonyError {
    fn from(error: WebauthnError) -> Self {
        use WebauthnError as W;
        Self::Refused(match error {
            W::InvalidRPOrigin => VerificationError::Origin,
            W::CredentialCrossOrigin => VerificationError::Frame,
            W::InvalidRPIDHash => VerificationError::RelyingParty,
            W::MismatchedChallenge => VerificationError::Challenge,
            W::InvalidClientDataType => VerificationError::Kind,
            W::UserNotPresent => VerificationError::UserPresence,
            W::UserNotVerified => VerificationError::UserVerification,
            W::CredentialNotFound => VerificationError::UnknownCredential,
            W::CredentialPossibleCompromise => VerificationError::Counter,
            W::AuthenticationFailure | W::SignatureInvalid => VerificationError::Signature,
            W::ParseBase64Failure(_)
            | W::ParseCBORFailure(_)
            | W::ParseJSONFailure(_)
            | W::ParseNOMFailure
            | W::ParseInsufficientBytesAvailable
            | W::COSEKeyInvalidCBORValue => return Self::Malformed(error.to_string()),
            other => VerificationError::Other(other.to_string()),
        })
    }
}
