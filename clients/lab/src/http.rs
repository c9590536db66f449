//! Requests to the lab.

use serde_json::Value;
use std::time::Duration;

/// Sends a request. Returns the JSON body of the response, or `null` if it has none.
pub(crate) fn request(method: &str, url: &str, body: Option<Value>) -> Value {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .allow_non_standard_methods(true);
    let agent = ureq::Agent::new_with_config(config.build());
    let request = ureq::http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    let request = request.body(body.map(|body| body.to_string()).unwrap_or_default()).expect("the request is valid");
    let mut response = agent.run(request).unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let text = response.body_mut().read_to_string().unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    assert!(response.status().is_success(), "{method} {url}: {} {text}", response.status());
    serde_json::from_str(&text).unwrap_or_default()
}
