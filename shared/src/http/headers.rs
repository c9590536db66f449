//! The text of headers that clients send.

use axum::http::HeaderMap;
use std::borrow::Cow;

/// Returns the text of a header, or `None` if the request does not have it. Bytes that are not UTF-8 are replaced, as
/// Django replaces them: they make their own value useless, and nothing else.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// Returns the texts of all lines of a header, in their order.
pub(super) fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced_and_the_rest_is_read() {
        let mut headers = HeaderMap::new();
        headers.append("user-agent", HeaderValue::from_bytes(b"J\xc3\xbcrgen \xff/1").unwrap());
        assert_eq!(text(&headers, "user-agent").as_deref(), Some("Jürgen \u{fffd}/1"));
        assert_eq!(text(&headers, "cookie"), None);
    }
}
