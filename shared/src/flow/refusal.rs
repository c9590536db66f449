//! The refusals of flows, and the problems of their input.

use crate::metrics::RefusalReason;
use crate::session::{Caller, StageKey};
use crate::settings::LoginMethod;
use crate::store::StoreError;
use crate::throttle::Limited;
use std::borrow::Cow;

/// A problem of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field that has the problem. `None` if the problem is not about one field.
    pub param: Option<&'static str>,
    /// The code that clients distinguish problems by.
    pub code: Cow<'static, str>,
    /// The message for people.
    pub message: Cow<'static, str>,
}

impl Problem {
    /// Creates a problem of a field.
    pub fn field(
        param: &'static str,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { param: Some(param), code: code.into(), message: message.into() }
    }

    /// Creates a problem that is not about one field.
    pub fn general(code: &'static str, message: &'static str) -> Self {
        Self { param: None, code: code.into(), message: message.into() }
    }

    /// The problem of a missing field.
    pub fn required(param: &'static str) -> Self {
        Self::field(param, "required", "This field is required.")
    }

    /// The problem of a text that contains a null character.
    pub fn null_characters(param: &'static str) -> Self {
        Self::field(param, "null_characters_not_allowed", "Null characters are not allowed.")
    }

    /// Returns the text of a required field.
    ///
    /// # Errors
    /// The text is missing, or it contains a null character.
    pub fn expect_text<'a>(param: &'static str, text: Option<&'a str>) -> Result<&'a str, Self> {
        match text {
            None => Err(Self::required(param)),
            Some(text) if text.contains('\0') => Err(Self::null_characters(param)),
            Some(text) => Ok(text),
        }
    }

    /// The problem of a wrong code.
    pub fn incorrect_code(param: &'static str) -> Self {
        Self::field(param, "incorrect_code", "Incorrect code.")
    }

    /// The problem of an address that another user has.
    pub fn email_taken(param: &'static str) -> Self {
        Self::field(param, "email_taken", "A user is already registered with this email address.")
    }

    /// The problem of wrong credentials.
    pub fn incorrect_credentials(method: LoginMethod) -> Self {
        let noun = match method {
            LoginMethod::Email => "email address",
            LoginMethod::Username => "username",
            LoginMethod::Phone => "phone number",
        };
        let message = format!("The {noun} and/or password you specified are not correct.");
        Self::field("password", format!("{}_password_mismatch", method.as_str()), message)
    }

    /// The problem of a login that has to stop at a stage that the API does not support.
    pub fn stage_refused(stage: StageKey) -> Self {
        let message = match stage {
            StageKey::MfaSetup => "Two-factor authentication is required. Set it up before you log in here.",
            _ => "This login needs a step that is not available here.",
        };
        Self::general("login_step_required", message)
    }

    /// The problem of too many failed logins.
    pub fn too_many_login_attempts() -> Self {
        Self::general("too_many_login_attempts", "Too many failed login attempts. Try again later.")
    }
}

/// The reason why a second factor is not set up, used or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactorProblem {
    /// The challenge does not exist or has expired.
    #[error("the challenge has expired")]
    ChallengeExpired,
    /// The last attempt at the challenge failed, so the challenge has ended.
    #[error("the challenge has been used")]
    ChallengeExhausted,
    /// The code is wrong, or it was used before.
    #[error("wrong code")]
    WrongCode,
    /// The account has no authenticator app.
    #[error("no authenticator app")]
    NoTotp,
    /// The account has no recovery codes.
    #[error("no recovery codes")]
    NoRecoveryCodes,
    /// The account already has an authenticator app.
    #[error("an authenticator app is set up already")]
    TotpActive,
    /// No authenticator app is being set up.
    #[error("no authenticator app is being set up")]
    SetupNotBegun,
}

/// The reason why a flow did not do what the request asked for. Nothing was changed. Each API translates refusals into
/// its error responses in one place.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The input is invalid.
    #[error("invalid input")]
    Invalid(Vec<Problem>),
    /// The credentials are wrong.
    #[error("incorrect credentials")]
    IncorrectCredentials(LoginMethod),
    /// Too many failed logins.
    #[error("too many failed logins")]
    TooManyLoginAttempts,
    /// The account is not allowed to log in.
    #[error("inactive account")]
    Inactive,
    /// The login has to stop at a stage that the API does not support.
    #[error("login step required: {}", .0.as_str())]
    StageRefused(StageKey),
    /// The second factor is not set up, used or removed.
    #[error(transparent)]
    Factor(#[from] FactorProblem),
    /// Too many attempts to use the second factor failed. It is locked for this number of seconds.
    #[error("locked out of the second factor")]
    LockedOut(i64),
    /// The request does not fit the current state of the caller.
    #[error("conflict")]
    Conflict,
    /// No client is allowed to do this.
    #[error("forbidden")]
    Forbidden,
    /// The user has to authenticate again.
    #[error("reauthentication required")]
    ReauthenticationRequired(Caller),
    /// The caller is not authenticated.
    #[error("not authenticated")]
    NotAuthenticated(Caller),
    /// A token, link or capability that is invalid, or no longer valid.
    #[error("invalid token")]
    InvalidToken,
    /// The session has reached its maximum lifetime and has been ended.
    #[error("session expired")]
    SessionExpired,
    /// Too many requests. The client can try again after this number of seconds.
    #[error("rate limited")]
    RateLimited(u32),
    /// The table is unavailable, or a transaction failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Limited> for Refusal {
    fn from(limited: Limited) -> Self {
        Self::RateLimited(limited.seconds)
    }
}

impl Refusal {
    /// The reason in the metric `LoginRefusals`: one of a small set.
    pub fn metric_reason(&self) -> RefusalReason {
        match self {
            Self::IncorrectCredentials(_) => RefusalReason::IncorrectCredentials,
            Self::TooManyLoginAttempts | Self::LockedOut(_) | Self::RateLimited(_) => RefusalReason::TooManyAttempts,
            Self::Invalid(_) | Self::InvalidToken => RefusalReason::InvalidInput,
            Self::Inactive | Self::StageRefused(_) | Self::Forbidden => RefusalReason::NotAllowed,
            Self::Store(_) => RefusalReason::Unavailable,
            Self::Factor(_)
            | Self::Conflict
            | Self::ReauthenticationRequired(_)
            | Self::NotAuthenticated(_)
            | Self::SessionExpired => RefusalReason::Other,
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}
