//! Protects the routes for developers, the lab and `/dev/`, from foreign web pages. A browser sends the requests of any
//! page to a loopback address. The `Origin` header reveals a foreign page. The `Host` header reveals a host name that
//! an attacker made resolve to a loopback address (DNS rebinding).

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Middleware that refuses requests with a `Host` or an `Origin` that is not this machine.
pub(crate) async fn this_machine_only(request: Request, next: Next) -> Response {
    if is_allowed(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this address answers only requests for localhost by programs or pages on localhost")
        .into_response()
}

fn is_allowed(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(HOST).is_some_and(is_loopback);
    let origin = text(ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, host)| is_loopback(host)));
    host && origin
}

/// Returns whether an authority (`host` or `host:port`) is this machine.
fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_origins_are_allowed() {
        for (host, origin, allowed) in [
            (Some("localhost:8000"), None, true),
            (Some("127.0.0.1:8000"), None, true),
            (Some("[::1]:8000"), None, true),
            (Some("localhost:8000"), Some("http://localhost:3000"), true),
            (None, None, false),
            (Some("evil.example:8000"), None, false),
            (Some("localhost.evil.example"), None, false),
            (Some("localhost:8000"), Some("https://evil.example"), false),
            (Some("localhost:8000"), Some("null"), false),
            (Some("localhost:8000"), Some("http://localhost@evil.example"), false),
            (Some("192.168.1.2:8000"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            host.map(|host| headers.insert(HOST, host.parse().unwrap()));
            origin.map(|origin| headers.insert(ORIGIN, origin.parse().unwrap()));
            assert_eq!(is_allowed(&headers), allowed, "{host:?} {origin:?}");
        }
    }
}
