//! The text of headers that clients send.

use axum::http::HeaderMap;
use std::borrow::Cow;

/// Returns the text of a header, or `None` if the request does not have it. Bytes that are not UTF-8 are replaced, as
/// in Django. They invalidate only their own value.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// Returns the texts of all lines of a header, in order.
pub(super) fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced() {
        let mut headers = HeaderMap::new();
        headers.append("user-agent", HeaderValue::from_bytes(b"J\xc3\xbcrgen \xff/1").unwrap());
        assert_eq!(text(&headers, "user-agent").as_deref(), Some("Jürgen \u{fffd}/1"));
        assert_eq!(text(&headers, "cookie"), None);
    }
}
