//! An example of a service that identifies users: it asks Latchkey about the session token of a request.

use serde_json::Value;

/// The error if Latchkey gives no valid answer.
#[derive(Debug)]
pub struct Unavailable(pub String);

/// Returns the email address of the member with this session token, or `None` if the token is invalid.
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
