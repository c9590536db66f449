//! Forms, in either of the two kinds that browsers and their scripts send.

use std::collections::BTreeMap;

/// The fields of a form; of several with one name the last, as in Django. None for another kind of content, and for what
/// is malformed. Files are left out, since nothing here takes any.
pub fn form_fields(content_type: &str, body: &[u8]) -> Option<BTreeMap<String, String>> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => Some(url::form_urlencoded::parse(body).into_owned().collect()),
        "multipart/form-data" => multipart(parameter(content_type, "boundary")?, body),
        _ => None,
    }
}

/// RFC 7578.
fn multipart(boundary: &str, body: &[u8]) -> Option<BTreeMap<String, String>> {
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => split(body, delimiter)?.1,
    };
    let mut fields = BTreeMap::new();
    while !rest.starts_with(b"--") {
        let (part, next) = split(rest.strip_prefix(b"\r\n")?, delimiter)?;
        let (head, value) = split(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(head);
        let header = head.lines().filter_map(|line| line.split_once(':'));
        let mut disposition = header.filter(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
        let disposition = disposition.next()?.1;
        let is_file = ["filename", "filename*"].iter().any(|name| parameter(disposition, name).is_some());
        if !is_file {
            let name = parameter(disposition, "name")?.to_owned();
            fields.insert(name, String::from_utf8_lossy(value).into_owned());
        }
        rest = next;
    }
    Some(fields)
}

/// What comes before and after the first `separator`.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

/// A header's parameter.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let pairs = header.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    Some(values.next()?.1.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Option<Vec<(String, String)>> {
        form_fields(content_type, body.as_bytes()).map(|fields| fields.into_iter().collect())
    }

    fn fields(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn both_kinds_of_form_say_the_same() {
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
    fn a_form_may_be_empty() {
        assert_eq!(read("multipart/form-data; boundary=x", "--x--\r\n"), fields(&[]));
        let empty = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x--";
        assert_eq!(read("multipart/form-data; boundary=x", empty), fields(&[("a", "")]));
    }

    #[test]
    fn what_is_no_form_has_no_fields() {
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
}
