//! What is wrong with the input.

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

/// One thing that is wrong with the input.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Error<'a> {
    /// For people.
    message: &'a str,
    /// For programs: it stays the same when the message changes.
    code: &'a str,
    /// The field that is wrong, unless several are, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    param: Option<&'static str>,
}

impl<'a> ErrorResponse<'a> {
    /// A response with these problems.
    pub fn new(status: u16, problems: &'a [Problem]) -> Self {
        let errors = problems.iter().map(|problem| Error {
            message: &problem.message,
            code: &problem.code,
            param: problem.param,
        });
        Self { status, errors: Some(errors.collect()) }
    }

    /// A response without reasons.
    pub fn bare(status: u16) -> Self {
        Self { status, errors: None }
    }
}
