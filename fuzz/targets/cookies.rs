//! Credentials in the headers of a request: each line of the input is a `Cookie`, an `Authorization` and an `Origin`.
#![no_main]

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use libfuzzer_sys::fuzz_target;
use shared::http::{access_token, passes_csrf_check, session_credential};
use shared::settings::{ClientKind, Settings};
use std::sync::LazyLock;

static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        for name in [header::COOKIE, header::AUTHORIZATION, header::ORIGIN, HeaderName::from_static("x-csrftoken")] {
            headers.append(name, value.clone());
        }
    }
    if let Some(value) = session_credential(&headers, &SETTINGS, ClientKind::Browser) {
        assert!(!value.is_empty() && !value.contains(';'));
    }
    if let Some(token) = access_token(&headers, &SETTINGS) {
        assert!(!token.is_empty() && !token.contains(char::is_whitespace));
    }
    passes_csrf_check(&Method::POST, &headers, None, &SETTINGS);
});
