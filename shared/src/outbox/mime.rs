//! Encoding of rendered mails in the format of Internet mail (RFC 5322 and MIME).

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::render::RenderedMail;
use crate::account::deliverable_email;

/// Most characters of a Message-ID that is accepted, well below the longest line of a header.
const MAX_MESSAGE_ID: usize = 250;

/// Why a message could not be encoded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MimeError {
    /// The recipient is not one plain address.
    #[error("the recipient is not exactly one plain address")]
    To,
    /// The sender is neither `address` nor `Name <address>`.
    #[error("the sender is neither an address nor a name with an address")]
    From,
    /// The subject contains a line break or another control character.
    #[error("the subject contains a control character")]
    Subject,
    /// The Message-ID is not of the form `left@right`.
    #[error("the message id does not have the form left@right")]
    MessageId,
    /// The message could not be written.
    #[error("the message could not be written: {0}")]
    Write(String),
}

/// Encodes a mail as multipart/alternative, with the text and the HTML of `mail`.
///
/// `from` is `address` or `Name <address>`. `to` is one address that [`address`] accepts. `message_id` is the id, with
/// or without its angle brackets. The same arguments give the same bytes.
///
/// # Errors
///
/// An argument does not fit into its header as one value: see [`MimeError`].
pub fn message(
    from: &str,
    to: &str,
    mail: &RenderedMail,
    date: Timestamp,
    message_id: &str,
) -> Result<Vec<u8>, MimeError> {
    if mail.subject.chars().any(char::is_control) {
        return Err(MimeError::Subject);
    }
    let text = body(&mail.text);
    let html = body(&mail.html);
    // Without this boundary, mail-builder creates one from the clock.
    let alternatives = ContentType::new("multipart/alternative").attribute("boundary", boundary(&[&text, &html]));
    let parts = vec![MimePart::new("text/plain", text), MimePart::new("text/html", html)];
    MessageBuilder::new()
        .from(sender(from).ok_or(MimeError::From)?)
        .to(address(to)?)
        .subject(mail.subject.as_str())
        .date(date.as_second())
        .message_id(id(message_id).ok_or(MimeError::MessageId)?)
        // Suppresses out-of-office replies (RFC 3834).
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .body(MimePart::new(alternatives, parts))
        .write_to_vec()
        .map_err(|error| MimeError::Write(error.to_string()))
}

/// Returns the one address in `text` with its domain in ASCII, in the form that mail servers accept.
///
/// It accepts the same addresses as the APIs do: see [`is_email`](crate::account::is_email). It refuses every character
/// that could make two addresses of one: a comma, a semicolon, white space, quotes, a comment or a second `@`. A link
/// or code that is sent to a second address would give its reader access to the account.
///
/// # Errors
///
/// [`MimeError::To`] if `text` is not such an address.
pub fn address(text: &str) -> Result<String, MimeError> {
    deliverable_email(text).ok_or(MimeError::To)
}

/// The content of a text message's file, where messages are stored as files: the recipient, an empty line, and the
/// text.
pub fn sms_file(to: &str, text: &str) -> String {
    let to: String = to.chars().filter(|c| !c.is_control()).collect();
    format!("To: {}\n\n{}\n", to.trim(), text.trim_end())
}

/// Parses `address` or `Name <address>`. The name can be in double quotes.
fn sender(from: &str) -> Option<Address<'static>> {
    if from.chars().any(char::is_control) {
        return None;
    }
    let from = from.trim();
    let Some(bracketed) = from.strip_suffix('>') else {
        return deliverable_email(from).map(Address::from);
    };
    let (name, address) = bracketed.rsplit_once('<')?;
    let name = display_name(name.trim())?;
    let name = (!name.is_empty()).then_some(name);
    Some(Address::new_address(name, deliverable_email(address)?))
}

/// Returns a display name without its quotes. Refuses an unquoted name that looks like a further address.
fn display_name(name: &str) -> Option<String> {
    let quoted = name.strip_prefix('"').and_then(|n| n.strip_suffix('"'));
    let Some(quoted) = quoted else {
        return (!name.contains(['<', '>', '@', '"'])).then(|| name.to_owned());
    };
    let mut plain = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next()?),
            '"' => return None,
            c => plain.push(c),
        }
    }
    Some(plain)
}

/// Returns a Message-ID without its angle brackets.
fn id(text: &str) -> Option<String> {
    let bare = text.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let bare = bare.unwrap_or(text);
    let (left, right) = bare.split_once('@')?;
    let plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(c);
    let fits = |part: &str| !part.is_empty() && part.chars().all(plain);
    (fits(left) && fits(right) && bare.len() <= MAX_MESSAGE_ID).then(|| bare.to_owned())
}

/// Ends all lines with `\n`, which mail-builder converts to CRLF, and removes other control characters. They are not
/// allowed in mail, and only some mail readers treat a lone CR as a line break.
fn body(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

/// Returns a boundary that no part contains. The encodings of the parts cannot produce it: quoted-printable never
/// writes `=_`, and base64 never writes `_`.
fn boundary(parts: &[&str]) -> String {
    let mut boundary = String::from("=_alternative");
    while parts.iter().any(|part| part.contains(&boundary)) {
        boundary.push('_');
    }
    boundary
}

#[cfg(test)]
mod tests {
    use crate::account::email_samples as samples;
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    fn mail(subject: &str, text: &str) -> RenderedMail {
        RenderedMail {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: format!("<!doctype html>\n<html lang=\"en\"><p>{text}</p></html>\n"),
        }
    }

    fn build(from: &str, to: &str, mail: &RenderedMail) -> Result<String, MimeError> {
        let date = Timestamp::from_second(1_772_359_200).unwrap();
        let bytes = message(from, to, mail, date, "<0190.abc@mail.example>")?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_parsed_message_has_the_values_that_it_was_made_from() {
        let words = mail("Grüße: confirm", "Grüße,\n\n.\n--\nEnd\n");
        let raw = build("Acme, Inc. <no-reply@acme.example>", "ada@example.com", &words).unwrap();
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();

        let from = parsed.from().unwrap().as_list().unwrap();
        assert_eq!(from.len(), 1);
        assert_eq!(from[0].name(), Some("Acme, Inc."));
        assert_eq!(from[0].address(), Some("no-reply@acme.example"));
        let to = parsed.to().unwrap().as_list().unwrap();
        assert_eq!(to.len(), 1);
        assert_eq!(to[0].address(), Some("ada@example.com"));
        assert_eq!(parsed.subject(), Some("Grüße: confirm"));
        assert_eq!(parsed.message_id(), Some("0190.abc@mail.example"));
        assert_eq!(parsed.date().unwrap().to_timestamp(), 1_772_359_200);
        let kind = parsed.content_type().unwrap();
        assert_eq!(kind.ctype(), "multipart");
        assert_eq!(kind.subtype(), Some("alternative"));
        assert_eq!(parsed.text_body_count(), 1);
        let crlf = |text: &str| text.replace("\r\n", "\n");
        assert_eq!(crlf(&parsed.body_text(0).unwrap()), words.text);
        assert_eq!(crlf(&parsed.body_html(0).unwrap()), words.html);

        let head = raw.split_once("\r\n\r\n").unwrap().0;
        for line in ["Auto-Submitted: auto-generated", "MIME-Version: 1.0"] {
            assert!(head.lines().any(|l| l == line), "{head}");
        }
        assert_eq!(head.matches("Message-ID").count(), 1);
        assert!(!head.contains("localhost"));
    }

    /// The headers and both parts, byte by byte.
    #[test]
    fn a_whole_message_is_as_it_was_reviewed() {
        let words = mail("Gr\u{fc}\u{df}e: confirm", "Gr\u{fc}\u{df}e,\n\nhttps://app.example/verify/a?b=c\n\nEnd\n");
        let raw = build("Acme, Inc. <no-reply@acme.example>", "ada@m\u{fc}ller.example", &words).unwrap();
        insta::assert_snapshot!(raw.replace("\r\n", "\n"));
    }

    #[test]
    fn lines_are_short_crlf_and_ascii() {
        let name = "Ünïcode Näme ".repeat(12);
        let words = mail(&"Wörter und ".repeat(30), &"long wörds ".repeat(200));
        let from = format!("{name}<a@acme.example>");
        let raw = build(&from, "ada@example.com", &words).unwrap();
        assert!(raw.is_ascii());
        assert_eq!(raw.matches('\n').count(), raw.matches("\r\n").count());
        assert!(raw.split("\r\n").all(|line| line.len() <= 78), "{raw}");
    }

    #[test]
    fn the_encoding_keeps_long_links_whole() {
        let key = "%3A1tXy%3A=ab-_".repeat(40);
        let url = format!("https://app.example/password-reset/{key}?a=b&c=d");
        let words = mail("Reset", &format!("Open:\n\n{url}\n\nBye\n"));
        let raw = build("a@acme.example", "ada@example.com", &words).unwrap();
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert!(parsed.body_text(0).unwrap().lines().any(|line| line == url));
        assert!(parsed.body_html(0).unwrap().contains(&url));
    }

    #[test]
    fn the_same_mail_has_the_same_bytes_and_a_boundary_that_no_part_contains() {
        let words = mail("S", "--=_alternative\n--=_alternative_\n--=_alternative--\n");
        let raw = build("a@acme.example", "ada@example.com", &words).unwrap();
        assert_eq!(raw, build("a@acme.example", "ada@example.com", &words).unwrap());
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.parts.len(), 3);
        let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text, words.text);
    }

    /// The samples that the fields of all APIs are tested with.
    #[test]
    fn mail_is_sent_only_to_addresses_that_the_apis_accept() {
        let words = mail("S", "T\n");
        for (to, delivered) in samples::GOOD {
            assert_eq!(address(to).as_deref(), Ok(*delivered));
            let raw = build("a@acme.example", to, &words).unwrap();
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            let list = parsed.to().unwrap().as_list().unwrap();
            assert_eq!((list.len(), list[0].address()), (1, Some(*delivered)));
        }
        for to in samples::BAD {
            assert_eq!(build("a@acme.example", to, &words), Err(MimeError::To), "{to:?}");
        }
    }

    #[test]
    fn header_values_cannot_add_headers() {
        let words = mail("S", "T\n");
        for from in [
            "",
            "Acme",
            "<>",
            "Acme <a@acme.example>, Eve <e@evil.example>",
            "e@evil.example, Acme <a@acme.example>",
            "Acme\r\nBcc: e@evil.example <a@acme.example>",
            "a@acme.example, e@evil.example",
            "\"Acme\" <x@y> \"b\" <a@acme.example>",
            "\"Acme\\\" <a@acme.example>",
        ] {
            let made = build(from, "ada@example.com", &words);
            assert_eq!(made, Err(MimeError::From), "{from:?}");
        }
        let injected = mail("S\r\nBcc: e@evil.example", "T\n");
        let made = build("a@acme.example", "ada@example.com", &injected);
        assert_eq!(made, Err(MimeError::Subject));
        let date = Timestamp::UNIX_EPOCH;
        for id in ["", "x", "x@", "<x@y", "x@y>\r\nBcc: e@evil.example", "x y@z", "x@y@z"] {
            let made = message("a@acme.example", "ada@example.com", &words, date, id);
            assert_eq!(made, Err(MimeError::MessageId), "{id:?}");
        }
    }

    #[test]
    fn quoted_and_unusual_display_names_are_accepted() {
        for (from, name) in
            [("\"Acme, \\\"Inc\\\" <x@y>\" <a@acme.example>", "Acme, \"Inc\" <x@y>"), ("Ünï <a@acme.example>", "Ünï")]
        {
            let raw = build(from, "ada@example.com", &mail("S", "T\n")).unwrap();
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            let list = parsed.from().unwrap().as_list().unwrap();
            assert_eq!(list.len(), 1);
            assert_eq!(list[0].name(), Some(name));
            assert_eq!(list[0].address(), Some("a@acme.example"));
        }
    }

    #[test]
    fn the_file_of_a_text_message_has_the_recipient_on_one_line() {
        let file = sms_file("+31600000000\r\nX: y", "Code:\n123456\n");
        assert_eq!(file, "To: +31600000000X: y\n\nCode:\n123456\n");
    }
}
