//! Responses in the words of Django REST framework.

use axum::http::header;
use serde_json::{Map, Value as Json, json};
use shared::flow::{FactorProblem, Problem, Refusal};
use shared::http::{ApiError, ApiResponse};
use shared::session::StageKey;

/// One sentence.
pub fn detail(status: u16, detail: &str) -> ApiResponse {
    ApiResponse::json(status, json!({"detail": detail}))
}

/// One sentence, and a code that clients tell it by.
pub fn coded(status: u16, detail: &str, code: &str) -> ApiResponse {
    ApiResponse::json(status, json!({"detail": detail, "code": code}))
}

/// Nobody asked who may.
pub fn anonymous() -> ApiResponse {
    detail(401, "Authentication credentials were not provided.")
}

/// To another page.
pub fn redirect(to: &str) -> ApiResponse {
    ApiResponse::bare(302).with_location(to)
}

/// To another page, for good.
pub fn moved(to: &str) -> ApiResponse {
    ApiResponse::bare(301).with_location(to)
}

/// What is wrong with fields, field by field.
pub fn of_problems(problems: &[Problem]) -> ApiResponse {
    let mut fields = Map::new();
    for problem in problems {
        let messages = fields.entry(problem.param.unwrap_or("non_field_errors")).or_insert_with(|| json!([]));
        if let Json::Array(messages) = messages {
            messages.push(json!(problem.message));
        }
    }
    ApiResponse::json(400, Json::Object(fields))
}

/// The service cannot do it now.
pub fn unavailable() -> ApiResponse {
    detail(503, "The service is not available. Try again later.")
}

/// An error that all APIs have.
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

/// A flow's refusal in the words of this API.
fn of_refusal(refusal: Refusal) -> ApiResponse {
    match refusal {
        Refusal::Invalid(problems) => of_problems(&problems),
        Refusal::IncorrectCredentials(_) => coded(401, "Incorrect credentials", "incorrect_credentials"),
        Refusal::StageRefused(StageKey::VerifyEmail) => coded(401, "User email is not verified", "email_not_verified"),
        Refusal::StageRefused(_) => {
            coded(401, "This login needs a step that this API does not have.", "login_step_required")
        }
        Refusal::Inactive => detail(401, "No active account found with the given credentials"),
        Refusal::TooManyLoginAttempts => {
            let message = "Too many failed login attempts. Try again later.";
            ApiResponse::json(400, json!({"non_field_errors": [message]}))
        }
        Refusal::RateLimited(seconds) => {
            detail(429, "Request was throttled.").with_header(header::RETRY_AFTER, &seconds.to_string())
        }
        Refusal::LockedOut(seconds) => detail(429, "Too many failed MFA attempts. Try again later.")
            .with_header(header::RETRY_AFTER, &seconds.to_string()),
        Refusal::InvalidToken => coded(401, "Token is invalid or expired", "token_not_valid"),
        Refusal::NotAuthenticated(_) => coded(401, "Session is no longer active.", "token_not_valid"),
        Refusal::SessionExpired => {
            coded(401, "Session reached its maximum lifetime. Please log in again", "session_expired")
        }
        Refusal::ReauthenticationRequired(_) => coded(403, "Log in again to do this.", "reauthentication_required"),
        Refusal::Forbidden => detail(403, "You do not have permission to perform this action."),
        Refusal::Conflict => coded(409, "Another request was faster. Try again.", "conflict"),
        Refusal::Factor(problem) => detail(
            400,
            match problem {
                FactorProblem::ChallengeOver => "Challenge expired or invalid.",
                FactorProblem::ChallengeSpent => "Too many failed attempts. Challenge invalidated.",
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
