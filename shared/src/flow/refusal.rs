//! Why a flow does not do what was asked.

use crate::session::Caller;
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

    /// Too many failed logins.
    pub fn too_many_login_attempts() -> Self {
        Self::general("too_many_login_attempts", "Too many failed login attempts. Try again later.")
    }
}

/// Why a flow does not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The input will not do.
    #[error("invalid input")]
    Invalid(Vec<Problem>),
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
    /// A refresh token that is not good, or no longer.
    #[error("invalid token")]
    InvalidToken,
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

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}
