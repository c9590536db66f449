//! Reading a body the way Django REST framework does.

use crate::words;
use serde_json::{Map, Value as Json, json};
use shared::http::{ApiError, ApiRequest, ApiResponse, form_fields};

/// What the body is.
///
/// # Errors
/// 400 for what is no JSON or no form, 415 for another type.
pub fn data(request: &ApiRequest) -> Result<Json, ApiError> {
    let body = request.body();
    if body.is_empty() {
        return Ok(json!({}));
    }
    let given = request.header("content-type").unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => serde_json::from_slice(body)
            .map_err(|error| words::detail(400, &format!("JSON parse error - {error}")).into()),
        "application/x-www-form-urlencoded" | "multipart/form-data" => match form_fields(&given, body) {
            Some(fields) => Ok(json!(fields)),
            None => Err(words::detail(400, "Multipart form parse error - Invalid boundary").into()),
        },
        _ => Err(words::detail(415, &format!("Unsupported media type \"{given}\" in request.")).into()),
    }
}

/// The body's fields.
///
/// # Errors
/// As [`data`]; 400 for JSON that is no object.
pub fn fields(request: &ApiRequest) -> Result<Map<String, Json>, ApiError> {
    let name = match data(request)? {
        Json::Object(fields) => return Ok(fields),
        Json::Null => {
            return Err(ApiResponse::json(400, json!({"non_field_errors": ["No data provided"]})).into());
        }
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
    };
    let message = format!("Invalid data. Expected a dictionary, but got {name}.");
    Err(ApiResponse::json(400, json!({"non_field_errors": [message]})).into())
}
