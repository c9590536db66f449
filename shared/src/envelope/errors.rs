//! The errors of the input.

use crate::flow::Problem;
use schemars::JsonSchema;
use serde::Serialize;

/// The reasons why a request is refused. There are no `errors` if the body is not a JSON object.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorResponse<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Error<'a>>")]
    errors: Option<Vec<Error<'a>>>,
}

/// One error of the input.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Error<'a> {
    /// The text for users.
    message: &'a str,
    /// The code for programs. It stays the same if the message changes.
    code: &'a str,
    /// The name of the wrong field. Absent if the error does not belong to exactly one field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    param: Option<&'static str>,
}

impl<'a> ErrorResponse<'a> {
    /// Returns a response with these problems.
    pub fn new(status: u16, problems: &'a [Problem]) -> Self {
        let errors = problems.iter().map(|problem| Error {
            message: &problem.message,
            code: &problem.code,
            param: problem.param,
        });
        Self { status, errors: Some(errors.collect()) }
    }

    /// Returns a response without reasons.
    pub fn bare(status: u16) -> Self {
        Self { status, errors: None }
    }
}
