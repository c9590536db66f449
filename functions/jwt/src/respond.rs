//! Converts outcomes and errors into responses as Django REST framework formats them.

use axum::http::header;
use schemars::JsonSchema;
use serde::Serialize;
use shared::flow::{FactorProblem, Problem, Refusal};
use shared::http::{ApiError, ApiResponse};
use shared::session::StageKey;
use std::collections::BTreeMap;

/// Why a request is refused.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JwtError")]
pub struct Error<'a> {
    /// A message for people.
    detail: &'a str,
    /// A stable code for programs. Absent if the status is sufficient.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code")]
    code: Option<Code>,
    /// More about an invalid token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[TokenMessage<'a>; 1]")]
    messages: Option<[TokenMessage<'a>; 1]>,
}

/// The code of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "JwtErrorCode")]
pub enum Code {
    /// The header `Authorization` is malformed.
    BadAuthorizationHeader,
    /// Another request changed the data at the same time.
    Conflict,
    /// The address is not verified.
    EmailNotVerified,
    /// The address or the password is wrong.
    IncorrectCredentials,
    /// The login needs a step that this API does not have.
    LoginStepRequired,
    /// The user must log in again.
    ReauthenticationRequired,
    /// The session has reached its maximum lifetime.
    SessionExpired,
    /// The token is invalid, or its session has ended.
    TokenNotValid,
}

/// The problem of a token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JwtTokenMessage")]
struct TokenMessage<'a> {
    #[schemars(extend("const" = "AccessToken"))]
    token_class: &'a str,
    #[schemars(extend("const" = "access"))]
    token_type: &'a str,
    /// A message for people.
    message: &'a str,
}

/// The problems of the input: messages for people, by field.
#[derive(Serialize)]
struct FieldErrors<'a>(BTreeMap<&'a str, Vec<&'a str>>);

/// The name for problems that do not belong to a single field.
pub const WHOLE: &str = "non_field_errors";

/// A response with one message.
pub fn detail(status: u16, detail: &str) -> ApiResponse {
    ApiResponse::of(status, &Error { detail, code: None, messages: None })
}

/// A response with one message and a code for programs.
pub fn coded(status: u16, detail: &str, code: Code) -> ApiResponse {
    ApiResponse::of(status, &Error { detail, code: Some(code), messages: None })
}

/// 401 for an invalid bearer token.
pub fn not_valid(message: &str) -> ApiResponse {
    let detail = "Given token not valid for any token type";
    let message = TokenMessage { token_class: "AccessToken", token_type: "access", message };
    ApiResponse::of(401, &Error { detail, code: Some(Code::TokenNotValid), messages: Some([message]) })
}

/// 400 for the whole body.
pub fn invalid(message: &str) -> ApiResponse {
    ApiResponse::of(400, &FieldErrors(BTreeMap::from([(WHOLE, vec![message])])))
}

/// 401 for a request without a credential.
pub fn anonymous() -> ApiResponse {
    detail(401, "Authentication credentials were not provided.")
}

/// A temporary redirect.
pub fn redirect(to: &str) -> ApiResponse {
    ApiResponse::bare(302).with_location(to)
}

/// A permanent redirect.
pub fn moved(to: &str) -> ApiResponse {
    ApiResponse::bare(301).with_location(to)
}

/// 400 with the problems, by field.
pub fn of_problems(problems: &[Problem]) -> ApiResponse {
    let mut fields = BTreeMap::<_, Vec<_>>::new();
    for problem in problems {
        fields.entry(problem.param.unwrap_or(WHOLE)).or_default().push(problem.message.as_ref());
    }
    ApiResponse::of(400, &FieldErrors(fields))
}

/// 503: the service is unavailable.
pub fn unavailable() -> ApiResponse {
    detail(503, "The service is not available. Try again later.")
}

/// Converts an error that all APIs have in common.
pub fn of_error(error: ApiError) -> ApiResponse {
    match error {
        ApiError::Response(response) => *response,
        ApiError::Refused(refusal) => of_refusal(refusal),
        ApiError::MalformedRequest => detail(400, "Bad request."),
        ApiError::BodyTooLarge => detail(413, "The body is too large."),
        ApiError::BodyTooSlow => detail(408, "The body did not arrive in time."),
        other => {
            tracing::error!(error = %other, "request could not be read");
            detail(400, "Bad request.")
        }
    }
}

/// Converts a refusal of a flow.
fn of_refusal(refusal: Refusal) -> ApiResponse {
    match refusal {
        Refusal::Invalid(problems) => of_problems(&problems),
        Refusal::IncorrectCredentials(_) => coded(401, "Incorrect credentials", Code::IncorrectCredentials),
        Refusal::StageRefused(StageKey::VerifyEmail) => {
            coded(401, "User email is not verified", Code::EmailNotVerified)
        }
        Refusal::StageRefused(_) => {
            coded(401, "This login needs a step that this API does not have.", Code::LoginStepRequired)
        }
        Refusal::Inactive => detail(401, "No active account found with the given credentials"),
        Refusal::TooManyLoginAttempts => invalid("Too many failed login attempts. Try again later."),
        Refusal::RateLimited(seconds) => {
            detail(429, "Request was throttled.").with_header(header::RETRY_AFTER, &seconds.to_string())
        }
        Refusal::LockedOut(seconds) => detail(429, "Too many failed MFA attempts. Try again later.")
            .with_header(header::RETRY_AFTER, &seconds.to_string()),
        Refusal::InvalidToken => coded(401, "Token is invalid or expired", Code::TokenNotValid),
        Refusal::NotAuthenticated(_) => coded(401, "Session is no longer active.", Code::TokenNotValid),
        Refusal::SessionExpired => {
            coded(401, "Session reached its maximum lifetime. Please log in again", Code::SessionExpired)
        }
        Refusal::ReauthenticationRequired(_) => coded(403, "Log in again to do this.", Code::ReauthenticationRequired),
        Refusal::Forbidden => detail(403, "You do not have permission to perform this action."),
        Refusal::Conflict => coded(409, "Another request was faster. Try again.", Code::Conflict),
        Refusal::Factor(problem) => detail(
            400,
            match problem {
                FactorProblem::ChallengeExpired => "Challenge expired or invalid.",
                FactorProblem::ChallengeExhausted => "Too many failed attempts. Challenge invalidated.",
                FactorProblem::WrongCode => "Invalid code.",
                FactorProblem::NoTotp => "TOTP not activated.",
                FactorProblem::NoRecoveryCodes => "Recovery codes not available.",
                FactorProblem::TotpActive => "TOTP already activated.",
                FactorProblem::SetupNotBegun => "Setup not initiated.",
            },
        ),
        Refusal::Store(error) => {
            tracing::error!(%error, "the table is unavailable");
            unavailable()
        }
    }
}
