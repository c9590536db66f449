//! Percent-encoding of URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters to encode. The characters of RFC 3986 are not encoded, and neither is `%`, because a URL may already
/// be encoded.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'#')
    .remove(b'%')
    .remove(b'[')
    .remove(b']')
    .remove(b'=')
    .remove(b':')
    .remove(b';')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'!')
    .remove(b'?')
    .remove(b'*')
    .remove(b'@')
    .remove(b'\'')
    .remove(b'~')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// Returns a URL in ASCII. Spaces and non-ASCII letters are percent-encoded, as Django's `iri_to_uri` does for
/// `Location`.
pub fn to_uri(iri: &str) -> String {
    utf8_percent_encode(iri, &ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_encoded_once_like_in_django() {
        for (iri, uri) in [
            ("/I ♥ Django/", "/I%20%E2%99%A5%20Django/"),
            ("/blog/for/J\u{fc}rgen/?a=b%20c#d", "/blog/for/J%C3%BCrgen/?a=b%20c#d"),
            ("https://[::1]:8000/a;b=(c)!*'~$&+,@-._", "https://[::1]:8000/a;b=(c)!*'~$&+,@-._"),
            ("/\"<>\\^`{|}\r\n", "/%22%3C%3E%5C%5E%60%7B%7C%7D%0D%0A"),
        ] {
            assert_eq!(to_uri(iri), uri);
            assert_eq!(to_uri(uri), uri);
        }
    }

    proptest! {
        #[test]
        fn a_uri_is_ascii_and_is_encoded_once(iri in "\\PC{0,60}|.{0,60}") {
            let uri = to_uri(&iri);
            prop_assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{}", uri);
            prop_assert_eq!(to_uri(&uri), uri.clone());
            if !iri.contains('%') {
                prop_assert_eq!(percent_encoding::percent_decode_str(&uri).decode_utf8().unwrap(), iri);
            }
        }
    }
}
