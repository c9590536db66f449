//! Errors of ceremonies.

use webauthn_rs_core::error::WebauthnError;

/// The reason why a ceremony failed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The field `credential` is absent or empty.
    #[error("no credential")]
    Required,
    /// The field `credential` is a string that is not JSON.
    #[error("the credential is not JSON")]
    Invalid,
    /// JSON, but not the answer of a WebAuthn client: members are missing or have another type.
    #[error("the credential is malformed: {0}")]
    Malformed(String),
    /// A well-formed answer that fails the verification.
    #[error("the credential is refused: {0}")]
    Refused(#[from] VerificationError),
    /// A state that this module did not create. The client did not cause this.
    #[error("ceremony state: {0}")]
    State(String),
}

impl CeremonyError {
    /// Returns the API's error code, or `None` if the error is an internal one.
    ///
    /// `required` and `invalid` always belong to the parameter `credential`. `incorrect_code` belongs to it if a
    /// credential is used, and to no parameter if one is added: django-allauth checks the first in `clean_credential`
    /// and the second in `clean` (`allauth/mfa/webauthn/forms.py`).
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Required => Some("required"),
            Self::Invalid => Some("invalid"),
            Self::Malformed(_) | Self::Refused(_) => Some("incorrect_code"),
            Self::State(_) => None,
        }
    }
}

/// The reason why a well-formed answer was refused. It is for logs and tests. The API reports `incorrect_code` for
/// each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// Created for another origin (WebAuthn Level 2, 7.1 step 9 and 7.2 step 13).
    #[error("wrong origin")]
    Origin,
    /// Created in a frame of another origin that is not allowed to embed this one (WebAuthn Level 3, 7.1 steps 10 and
    /// 11, 7.2 steps 14 and 15).
    #[error("in a frame of another origin")]
    Frame,
    /// Created for another relying party (7.1 step 13, 7.2 step 15).
    #[error("wrong relying party")]
    RelyingParty,
    /// Created for another challenge (7.1 step 8, 7.2 step 12).
    #[error("wrong challenge")]
    Challenge,
    /// Created by `create` instead of `get`, or the reverse (7.1 step 7, 7.2 step 11); or the ceremony in progress is
    /// of another kind.
    #[error("wrong kind of ceremony")]
    Kind,
    /// The user did not touch the authenticator (7.1 step 14, 7.2 step 16).
    #[error("user not present")]
    UserPresence,
    /// The authenticator did not verify the user although this is required (7.1 step 15, 7.2 step 17).
    #[error("user not verified")]
    UserVerification,
    /// Not one of the given credentials of this user (7.2 steps 5 to 7).
    #[error("unknown credential")]
    UnknownCredential,
    /// The credential was created as a second factor, without user verification, and cannot log in alone.
    #[error("created as a second factor only")]
    SecondFactorOnly,
    /// The user handle is that of another user (7.2 step 6).
    #[error("wrong user")]
    UserHandle,
    /// The signature counter did not increase. The authenticator may have been cloned (7.2 step 21).
    #[error("the signature counter did not increase")]
    Counter,
    /// The signature does not match the credential's key (7.2 step 20).
    #[error("wrong signature")]
    Signature,
    /// Any other error of the engine, in the engine's words.
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
