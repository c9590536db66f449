//! How a service finds out who sent a request: it asks Latchkey about the session token.

use serde_json::Value;

/// Latchkey did not say who the visitor is.
#[derive(Debug)]
pub struct Unavailable(pub String);

/// Returns the email address of the member with this session token, or `None` for a token that is not valid (any more).
pub fn member(latchkey: &str, token: &str) -> Result<Option<String>, Unavailable> {
    let request = ureq::get(format!("{latchkey}/_allauth/app/v1/auth/session")).header("x-session-token", token);
    let request = request.config().http_status_as_error(false).build();
    let mut response = request.call().map_err(|error| Unavailable(error.to_string()))?;
    match response.status().as_u16() {
        200 => {
            let body: Value = response.body_mut().read_json().map_err(|error| Unavailable(error.to_string()))?;
            Ok(body["data"]["user"]["email"].as_str().map(str::to_owned))
        }
        401 | 410 => Ok(None),
        status => Err(Unavailable(format!("status {status}"))),
    }
}
