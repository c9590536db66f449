//! Why a flow does not do what was asked.

use crate::metrics::RefusalReason;
use crate::session::{Caller, StageKey};
use crate::settings::LoginMethod;
use crate::store::StoreError;
use crate::throttle::Limited;
use std::borrow::Cow;

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, where it is one's.
    pub param: Option<&'static str>,
    /// What clients tell problems apart by.
    pub code: Cow<'static, str>,
    /// What people read.
    pub message: Cow<'static, str>,
}

impl Problem {
    /// A problem of a field.
    pub fn field(
        param: &'static str,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { param: Some(param), code: code.into(), message: message.into() }
    }

    /// A problem of the whole.
    pub fn general(code: &'static str, message: &'static str) -> Self {
        Self { param: None, code: code.into(), message: message.into() }
    }

    /// A field that has to be filled in.
    pub fn required(param: &'static str) -> Self {
        Self::field(param, "required", "This field is required.")
    }

    /// A text with a character that no text has.
    pub fn null_characters(param: &'static str) -> Self {
        Self::field(param, "null_characters_not_allowed", "Null characters are not allowed.")
    }

    /// What a field that has to be filled in says.
    ///
    /// # Errors
    /// It is empty, or no text.
    pub fn expect_text<'a>(param: &'static str, text: Option<&'a str>) -> Result<&'a str, Self> {
        match text {
            None => Err(Self::required(param)),
            Some(text) if text.contains('\0') => Err(Self::null_characters(param)),
            Some(text) => Ok(text),
        }
    }

    /// A code that is another.
    pub fn incorrect_code(param: &'static str) -> Self {
        Self::field(param, "incorrect_code", "Incorrect code.")
    }

    /// An address that somebody else has.
    pub fn email_taken(param: &'static str) -> Self {
        Self::field(param, "email_taken", "A user is already registered with this email address.")
    }

    /// Wrong credentials.
    pub fn incorrect_credentials(method: LoginMethod) -> Self {
        let noun = match method {
            LoginMethod::Email => "email address",
            LoginMethod::Username => "username",
            LoginMethod::Phone => "phone number",
        };
        let message = format!("The {noun} and/or password you specified are not correct.");
        Self::field("password", format!("{}_password_mismatch", method.as_str()), message)
    }

    /// A login that has to stop at a stage for which the API has no place.
    pub fn stage_refused(stage: StageKey) -> Self {
        let message = match stage {
            StageKey::MfaSetup => "Two-factor authentication is required. Set it up before you log in here.",
            _ => "This login needs a step that is not available here.",
        };
        Self::general("login_step_required", message)
    }

    /// Too many failed logins.
    pub fn too_many_login_attempts() -> Self {
        Self::general("too_many_login_attempts", "Too many failed login attempts. Try again later.")
    }
}

/// Why a second factor is not set up, shown or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactorProblem {
    /// There is no such challenge, or no longer.
    #[error("the challenge has expired")]
    ChallengeExpired,
    /// That was the last attempt at the challenge, which is over now.
    #[error("the challenge has been used")]
    ChallengeExhausted,
    /// The code is wrong, or was used before.
    #[error("wrong code")]
    WrongCode,
    /// The account has no authenticator app.
    #[error("no authenticator app")]
    NoTotp,
    /// The account has no recovery codes.
    #[error("no recovery codes")]
    NoRecoveryCodes,
    /// The account has an authenticator app already.
    #[error("an authenticator app is set up already")]
    TotpActive,
    /// No authenticator app is being set up.
    #[error("no authenticator app is being set up")]
    SetupNotBegun,
}

/// Why a flow does not do what was asked. Nothing was changed. Each API says it in its own words, in one place.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The input is invalid.
    #[error("invalid input")]
    Invalid(Vec<Problem>),
    /// Wrong credentials, whatever is wrong with them.
    #[error("incorrect credentials")]
    IncorrectCredentials(LoginMethod),
    /// Too many failed logins.
    #[error("too many failed logins")]
    TooManyLoginAttempts,
    /// The account may not log in.
    #[error("inactive account")]
    Inactive,
    /// The login has to stop at a stage for which the API has no place.
    #[error("login step required: {}", .0.as_str())]
    StageRefused(StageKey),
    /// The second factor is not set up, shown or removed.
    #[error(transparent)]
    Factor(#[from] FactorProblem),
    /// Too many failures of the second factor: locked for this many seconds.
    #[error("locked out of the second factor")]
    LockedOut(i64),
    /// It does not fit where the caller stands.
    #[error("conflict")]
    Conflict,
    /// Nobody may do this.
    #[error("forbidden")]
    Forbidden,
    /// The caller has to show again who they are.
    #[error("reauthentication required")]
    ReauthenticationRequired(Caller),
    /// Nobody asked who may.
    #[error("not authenticated")]
    NotAuthenticated(Caller),
    /// A token, link or capability that is invalid, or no longer valid.
    #[error("invalid token")]
    InvalidToken,
    /// The session has reached its maximum lifetime, and is ended.
    #[error("session expired")]
    SessionExpired,
    /// Too often: it may be tried again in so many seconds.
    #[error("rate limited")]
    RateLimited(u32),
    /// The table did not do its part.
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
