//! Errors of requests.

use super::response::ApiResponse;
use crate::flow::{FactorProblem, Problem, Refusal};
use crate::metrics::RefusalReason;
use crate::store::StoreError;

/// The reason why a request fails.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The refusal of a flow.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The app's session token is invalid or has expired.
    #[error("the session token is invalid")]
    Gone,
    /// The gateway's event is not a valid HTTP request.
    #[error("the request is malformed")]
    MalformedRequest,
    /// The body is not a JSON object.
    #[error("the body is not a JSON object")]
    MalformedBody,
    /// The body exceeds the size limit.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// The endpoint does not accept this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// There is no endpoint at this path.
    #[error("not found")]
    NotFound,
    /// An unsafe request of a browser does not come from one of our pages.
    #[error("the CSRF check failed")]
    Csrf,
    /// Another error, with its response.
    #[error("answered with status {}", .0.status())]
    Response(Box<ApiResponse>),
}

impl ApiError {
    /// Returns the reason for the log: the codes of an input's problems, or the kind of refusal.
    pub fn reason(&self) -> String {
        match self {
            Self::Refused(Refusal::IncorrectCredentials(method)) => {
                Problem::incorrect_credentials(*method).code.into_owned()
            }
            Self::Refused(Refusal::TooManyLoginAttempts) => Problem::too_many_login_attempts().code.into_owned(),
            Self::Refused(Refusal::Invalid(problems)) => {
                let codes = problems.iter().map(|problem| problem.code.as_ref()).collect::<Vec<_>>();
                codes.join(" ")
            }
            other => other.to_string(),
        }
    }

    /// Returns the reason for the metric `LoginRefusals`, from a small set.
    pub fn metric_reason(&self) -> RefusalReason {
        match self {
            Self::Refused(refusal) => refusal.metric_reason(),
            Self::MalformedRequest | Self::MalformedBody | Self::BodyTooLarge | Self::BodyTooSlow => {
                RefusalReason::InvalidInput
            }
            Self::Csrf => RefusalReason::NotAllowed,
            Self::Gone | Self::MethodNotAllowed | Self::NotFound | Self::Response(_) => RefusalReason::Other,
        }
    }
}

impl From<ApiResponse> for ApiError {
    fn from(response: ApiResponse) -> Self {
        Self::Response(Box::new(response))
    }
}

impl From<FactorProblem> for ApiError {
    fn from(problem: FactorProblem) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}
