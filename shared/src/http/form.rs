//! Parsing of forms, in both encodings that browsers and their scripts send.

use axum::body::Bytes;
use futures_util::{FutureExt, stream};
use multer::Multipart;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::ready;

/// Returns the fields of a form. If a name occurs several times, the last value counts, as in Django. Returns `None`
/// for another content type and for malformed content. Files are ignored, because no endpoint accepts any.
pub fn form_fields(content_type: &str, body: &Bytes) -> Option<BTreeMap<String, String>> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => Some(url::form_urlencoded::parse(body).into_owned().collect()),
        // The whole body is in memory, so this does not wait.
        "multipart/form-data" => multipart(content_type, body.clone()).now_or_never()?,
        _ => None,
    }
}

/// Parses a body as specified by RFC 7578.
async fn multipart(content_type: &str, body: Bytes) -> Option<BTreeMap<String, String>> {
    let boundary = multer::parse_boundary(content_type).ok()?;
    let mut parts = Multipart::new(stream::once(ready(Ok::<_, Infallible>(body))), boundary);
    let mut fields = BTreeMap::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let (name, is_file) = (part.name()?.to_owned(), part.file_name().is_some());
        let value = part.bytes().await.ok()?;
        if !is_file {
            fields.insert(name, String::from_utf8_lossy(&value).into_owned());
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(content_type: &str, body: &str) -> Option<Vec<(String, String)>> {
        form_fields(content_type, &Bytes::copy_from_slice(body.as_bytes())).map(|fields| fields.into_iter().collect())
    }

    fn fields(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn both_encodings_of_a_form_give_the_same_fields() {
        let expected = fields(&[("email", "ada@example.com"), ("name", "Ada & Grace\r\n")]);
        let text = "email=ada%40example.com&name=nobody&name=Ada+%26+Grace%0D%0A";
        assert_eq!(read("application/x-www-form-urlencoded; charset=utf-8", text), expected);
        let parts = "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nada@example.com\r\n\
            --x\r\ncontent-disposition: form-data; name=\"name\"\r\ncontent-type: text/plain\r\n\r\nAda & Grace\r\n\r\n\
            --x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\nbytes\r\n--x--\r\n";
        assert_eq!(read("multipart/form-data; boundary=x", parts), expected);
        assert_eq!(read("Multipart/Form-Data; charset=utf-8; boundary=\"x\"", &format!("before\r\n{parts}")), expected);
    }

    #[test]
    fn a_form_can_be_empty() {
        assert_eq!(read("multipart/form-data; boundary=x", "--x--\r\n"), fields(&[]));
        let empty = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x--";
        assert_eq!(read("multipart/form-data; boundary=x", empty), fields(&[("a", "")]));
    }

    #[test]
    fn another_content_type_or_a_malformed_form_has_no_fields() {
        assert_eq!(read("application/json", "a=b"), None);
        assert_eq!(read("", "a=b"), None);
        for malformed in
            ["", "a=b", "--x", "--x\r\n", "--x\r\n\r\n--x--", "--x\r\nname\r\n\r\nvalue\r\n--x--", "--xy--"]
        {
            assert_eq!(read("multipart/form-data; boundary=x", malformed), None, "{malformed:?}");
        }
        assert_eq!(read("multipart/form-data", "--x--"), None);
        let nameless = "--x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--x--";
        assert_eq!(read("multipart/form-data; boundary=x", nameless), None);
    }

    /// Names and values of fields. A name in a multipart form is a quoted text, of which not all clients escape the same.
    fn pairs() -> impl Strategy<Value = BTreeMap<String, String>> {
        prop::collection::btree_map("[a-z0-9_-]{1,10}", "(\\PC|[\r\n]){0,40}", 0..6)
    }

    proptest! {
        #[test]
        fn a_form_is_read_as_it_was_written(fields in pairs()) {
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            let read = form_fields("application/x-www-form-urlencoded", &text.into());
            prop_assert_eq!(read.as_ref(), Some(&fields));

            let boundary = "no-value-has-this";
            let part = |(name, value): (&String, &String)| {
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body = fields.iter().map(part).collect::<String>() + &format!("--{boundary}--\r\n");
            let read = form_fields(&format!("multipart/form-data; boundary=\"{boundary}\""), &body.into());
            prop_assert_eq!(read, Some(fields));
        }

        #[test]
        fn any_body_is_read_without_a_panic(
            kind in "multipart/form-data; boundary=(x|\"x\"|\\PC{0,8})|application/x-www-form-urlencoded|\\PC{0,30}",
            body: Vec<u8>,
            lines in prop::collection::vec("--x|--x--||(Content|content)-Disposition: form-data; name=.{0,9}|.{0,20}", 0..12),
        ) {
            form_fields(&kind, &body.into());
            form_fields(&kind, &lines.join("\r\n").into());
        }
    }
}
