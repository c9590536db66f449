//! The inbox of the local service: the messages in the outbox folder, read back.

use mail_parser::{Message as Mime, MessageParser};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// The messages that the service has sent to its outbox folder.
#[derive(Debug, Clone)]
pub struct Inbox {
    folder: PathBuf,
}

/// How a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mail: `*.eml`.
    Mail,
    /// A text message: `*.sms`.
    Sms,
}

/// A message that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// The name of its file. Names sort in the order in which messages were sent.
    pub id: String,
    /// How it was sent.
    pub kind: Kind,
    /// The mail address or phone number of its recipient.
    pub to: String,
    /// The mail address of its sender; empty for a text message.
    pub from: String,
    /// The subject; empty for a text message.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part, if there is one.
    pub html: Option<String>,
    /// The URLs in the plain text, in order.
    pub links: Vec<String>,
    /// The code in the plain text, if a line consists of a code.
    pub code: Option<String>,
}

impl Inbox {
    /// The inbox of a service that writes its messages to this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns all messages, oldest first.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn messages(&self) -> io::Result<Vec<Message>> {
        self.after("")
    }

    /// Returns the messages that were sent after the one with this id, oldest first. An empty id comes before all.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn after(&self, id: &str) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        for path in self.files()?.iter().filter(|path| name(path) > id) {
            messages.extend(read(path)?);
        }
        Ok(messages)
    }

    /// Returns the message with this id, if there is one.
    ///
    /// # Errors
    /// The folder or the file cannot be read.
    pub fn message(&self, id: &str) -> io::Result<Option<Message>> {
        self.find(id)?.map_or(Ok(None), |path| read(&path))
    }

    /// Returns the message with this id as it was sent, if there is one.
    ///
    /// # Errors
    /// The folder or the file cannot be read.
    pub fn source(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        self.find(id)?.map(std::fs::read).transpose()
    }

    /// Returns the file of a message. It compares the id with the names of the listed files, so an id cannot reach
    /// files outside the folder.
    fn find(&self, id: &str) -> io::Result<Option<PathBuf>> {
        Ok(self.files()?.into_iter().find(|path| name(path) == id))
    }

    /// Deletes all messages.
    ///
    /// # Errors
    /// The folder cannot be read, or a file cannot be deleted.
    pub fn clear(&self) -> io::Result<()> {
        self.files()?.iter().try_for_each(std::fs::remove_file)
    }

    /// Lists the message files, sorted by name. Omits files that are still being written, whose names start with a dot.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(&self.folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut files = entries.collect::<io::Result<Vec<_>>>()?;
        files.retain(|path| {
            !name(path).starts_with('.') && (name(path).ends_with(".eml") || name(path).ends_with(".sms"))
        });
        files.sort();
        Ok(files)
    }
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Reads a message file. Returns `None` for a mail that is not valid MIME.
fn read(path: &Path) -> io::Result<Option<Message>> {
    let (bytes, id) = (std::fs::read(path)?, name(path).to_owned());
    Ok(if id.ends_with(".sms") { Some(Message::from_sms(id, &bytes)) } else { Message::from_mail(id, &bytes) })
}

impl Message {
    /// Parses a mail (RFC 5322). Returns `None` if it is not valid MIME.
    pub fn from_mail(id: String, bytes: &[u8]) -> Option<Self> {
        let mime = MessageParser::default().parse(bytes)?;
        let address = |header: Option<&mail_parser::Address<'_>>| {
            header.and_then(|header| header.first()?.address()).unwrap_or_default().to_owned()
        };
        let text = mime.body_text(0).unwrap_or_default().into_owned();
        Some(Self {
            id,
            kind: Kind::Mail,
            to: address(mime.to()),
            from: address(mime.from()),
            subject: mime.subject().unwrap_or_default().to_owned(),
            html: html(&mime),
            links: links(&text),
            code: code(&text),
            text,
        })
    }

    /// Parses a text message: a header `To: …`, an empty line and the text.
    fn from_sms(id: String, bytes: &[u8]) -> Self {
        let file = String::from_utf8_lossy(bytes);
        let (head, text) = file.split_once("\n\n").unwrap_or((&file, ""));
        Self {
            id,
            kind: Kind::Sms,
            to: head.trim_start_matches("To:").trim().to_owned(),
            from: String::new(),
            subject: String::new(),
            html: None,
            links: links(text),
            code: code(text),
            text: text.to_owned(),
        }
    }
}

/// Returns the HTML part as it was sent. The parser itself would convert a plain text to HTML.
fn html(mime: &Mime<'_>) -> Option<String> {
    let part = mime.parts.iter().find(|part| part.is_text_html())?;
    part.text_contents().map(str::to_owned)
}

fn links(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "<>\"'()".contains(c));
    let urls = words.filter(|word| word.starts_with("https://") || word.starts_with("http://"));
    urls.map(|url| url.trim_end_matches(['.', ',']).to_owned()).collect()
}

/// Finds a code: a line of 4 to 32 capital letters and digits, in groups that dashes can separate
/// (`ALLAUTH_USER_CODE_FORMAT`).
fn code(text: &str) -> Option<String> {
    let is_group =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_code = |line: &&str| (4..=32).contains(&line.len()) && line.split('-').all(is_group);
    text.lines().map(str::trim).find(is_code).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_only_on_its_own_line() {
        for text in ["Your code:\n\n  BCDF-GHJK \n\nBye", "BCDF-GHJK\r\n", "x\nBCDF-GHJK"] {
            assert_eq!(code(text).as_deref(), Some("BCDF-GHJK"), "{text}");
        }
        assert_eq!(code("the code is\n482913\n").as_deref(), Some("482913"));
        for text in ["", "-- \nA team", "----", "the code is BCDF-GHJK", "Hello\nAB1"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn links_end_before_the_punctuation_around_them() {
        let text = "Go to https://a.example/x?y=1.\nor <http://localhost:8000/k/>, (https://b.example)";
        assert_eq!(links(text), ["https://a.example/x?y=1", "http://localhost:8000/k/", "https://b.example"]);
    }

    #[test]
    fn a_mail_has_an_html_part_only_if_it_was_sent_with_one() {
        let head = "From: Us <us@example.com>\r\nTo: ada@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n";
        let plain = Message::from_mail(
            "1.eml".to_owned(),
            format!("{head}Content-Type: text/plain\r\n\r\nHello\r\n").as_bytes(),
        )
        .unwrap();
        assert_eq!((plain.to.as_str(), plain.from.as_str()), ("ada@example.com", "us@example.com"));
        assert_eq!((plain.subject.as_str(), plain.text.trim(), plain.html), ("Grüße", "Hello", None));
        let parts = "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--b--\r\n";
        let both = format!("{head}Content-Type: multipart/alternative; boundary=b\r\n\r\n{parts}");
        let both = Message::from_mail("2.eml".to_owned(), both.as_bytes()).unwrap();
        assert_eq!((both.text.trim(), both.html.as_deref().map(str::trim)), ("Hello", Some("<p>Hello</p>")));
    }

    #[test]
    fn a_text_message_has_a_number_and_a_code() {
        let message = Message::from_sms("1.sms".to_owned(), b"To: +31612345678\n\nYour code is:\nBCDF-GHJK\n");
        assert_eq!((message.to.as_str(), message.code.as_deref()), ("+31612345678", Some("BCDF-GHJK")));
        assert_eq!(message.text, "Your code is:\nBCDF-GHJK\n");
    }
}
