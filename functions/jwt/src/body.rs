//! Reads bodies as Django REST framework does.

use crate::respond;
use serde_json::{Map, Value as Json};
use shared::http::{ApiError, ApiRequest, form_fields};

/// The content types that bodies can have.
pub const KINDS: &[&str] = &["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

/// Parses the body.
///
/// # Errors
/// 400 for invalid JSON or an invalid form; 415 for another content type.
pub fn data(request: &ApiRequest) -> Result<Json, ApiError> {
    let body = request.body();
    if body.is_empty() {
        return Ok(Json::Object(Map::new()));
    }
    let given = request.header("content-type").unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => serde_json::from_slice(body)
            .map_err(|error| respond::detail(400, &format!("JSON parse error - {error}")).into()),
        "application/x-www-form-urlencoded" | "multipart/form-data" => match form_fields(&given, body) {
            Some(fields) => Ok(fields.into_iter().collect()),
            None => Err(respond::detail(400, "Multipart form parse error - Invalid boundary").into()),
        },
        _ => Err(respond::detail(415, &format!("Unsupported media type \"{given}\" in request.")).into()),
    }
}

/// Returns the fields of the body.
///
/// # Errors
/// As [`data`]; 400 for JSON that is not an object.
pub fn fields(request: &ApiRequest) -> Result<Map<String, Json>, ApiError> {
    let name = match data(request)? {
        Json::Object(fields) => return Ok(fields),
        Json::Null => return Err(respond::invalid("No data provided").into()),
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
    };
    Err(respond::invalid(&format!("Invalid data. Expected a dictionary, but got {name}.")).into())
}
