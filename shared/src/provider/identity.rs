//! Who somebody is, by a provider's word.

use super::config::AppConfig;
use super::error::InvalidToken;
use super::table::Fields;
use super::template::{first, text};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Characters of a subject at most (OpenID Connect Core 1.0, 2).
pub const MAX_SUBJECT: usize = 255;
/// Characters of a first name, a last name or a username at most (Django's `AbstractUser`).
const MAX_NAME: usize = 150;

/// Who somebody is, by a provider's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// What the provider calls them, for ever. Compared exactly.
    pub subject: String,
    /// Their addresses: the primary ones first, then the verified ones.
    pub emails: Vec<Address>,
    /// Their given name.
    pub first_name: Option<String>,
    /// Their family name.
    pub last_name: Option<String>,
    /// Their whole name.
    pub name: Option<String>,
    /// What they are called there.
    pub username: Option<String>,
    /// The profile as the provider gave it (the reference's `extra_data`).
    pub extra: Value,
    /// Where a token was the proof and has a `jti`: it counts once.
    pub replay: Option<Replay>,
}

/// An address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub email: String,
    /// Whether the provider, or the operator in its place, says that it is theirs.
    pub verified: bool,
    /// Whether it is the one that they use.
    pub primary: bool,
}

/// The mark of a token that counts once (the reference's `verify_jti`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Names the token: its issuer and its `jti`, hashed.
    pub key: String,
    /// When the token ends, in seconds since 1970: until then the mark has to be kept.
    pub expires: i64,
}

/// The key of an identity: the provider's name and the subject, hashed with their lengths so that no two pairs have the
/// same. Base64url of 32 bytes.
pub fn identity_key(provider_id: &str, subject: &str) -> String {
    digest(&["identity", provider_id, subject])
}

pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

impl Identity {
    /// First and last name as an account takes them: where the provider has none, the parts of the whole name (the
    /// reference's `populate_user`).
    pub fn names(&self) -> (String, String) {
        let (first, last) = split(self.name.as_deref().unwrap_or_default());
        let name = |own: &Option<String>, part: String| tidy(own.as_deref().unwrap_or(&part), MAX_NAME);
        (name(&self.first_name, first), name(&self.last_name, last))
    }

    /// Reads a profile. Of texts that people only see, control characters and what is too long are left out; fields of
    /// a wrong type count as missing.
    ///
    /// # Errors
    /// [`InvalidToken::Subject`]: it has no subject, or one that cannot be one.
    pub(super) fn read(
        app: &AppConfig,
        profile: &Value,
        extra: Value,
        listed: Vec<Address>,
    ) -> Result<Self, InvalidToken> {
        let fields = &app.entry().fields;
        let subject = match app.text("uid_field").filter(|_| app.entry().uid_field) {
            Some(field) => profile.get(field).and_then(text),
            None => first(profile, &fields.subject),
        };
        let subject = subject.filter(|subject| is_subject(subject)).ok_or(InvalidToken::Subject)?;
        let seen = |pointers: &[String], most| {
            first(profile, pointers).map(|text| tidy(&text, most)).filter(|text| !text.is_empty())
        };
        // A whole name is a first name, a space, and a last name.
        let name = seen(&fields.name, 2 * MAX_NAME + 1);
        let (mut first_name, mut last_name) = (seen(&fields.first_name, MAX_NAME), seen(&fields.last_name, MAX_NAME));
        if let Some(name) = name.as_deref().filter(|_| fields.split_name) {
            let (given, family) = split(name);
            (first_name, last_name) = (Some(given), Some(family).filter(|family| !family.is_empty()));
        }
        let username = first(profile, &fields.username).map(|username| match username.split_once('@') {
            Some((before, _)) if fields.username_before_at => before.to_owned(),
            _ => username,
        });
        // A part of a username would be another username.
        let username = username.filter(|name| name.chars().count() <= MAX_NAME && !name.contains(char::is_control));
        let emails = addresses(app, fields, profile, listed);
        Ok(Self { subject, emails, first_name, last_name, name, username, extra, replay: None })
    }
}

/// Whether a subject can name somebody. It is compared exactly, so that nothing of it can be left out.
fn is_subject(subject: &str) -> bool {
    subject.chars().count() <= MAX_SUBJECT && !subject.contains(char::is_control) && !subject.trim().is_empty()
}

/// A text that people see: on one line, with `most` characters at most.
pub(super) fn tidy(text: &str, most: usize) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    plain.trim().to_owned()
}

fn split(name: &str) -> (String, String) {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    (first.to_owned(), last.to_owned())
}

/// The addresses of a list and that of the profile, as the reference's `cleanup_email_addresses` has them.
fn addresses(app: &AppConfig, fields: &Fields, profile: &Value, listed: Vec<Address>) -> Vec<Address> {
    let mut emails: Vec<Address> = Vec::new();
    for address in listed {
        if let Some(email) = clean(&address.email).filter(|email| emails.iter().all(|known| known.email != *email)) {
            emails.push(Address { email, ..address });
        }
    }
    let said = |pointer: &String| profile.pointer(pointer).is_some_and(is_true);
    let denied = fields.verified_unless_false.as_deref().and_then(|pointer| profile.pointer(pointer));
    let verified = fields.verified.iter().any(said) && denied.is_none_or(is_true);
    if let Some(email) = first(profile, &fields.email).as_deref().and_then(clean)
        && emails.iter().all(|known| known.email != email)
    {
        emails.insert(0, Address { email, verified, primary: true });
    }
    for address in &mut emails {
        address.verified |= app.trusts(&address.email);
    }
    emails.sort_by(|a, b| (b.primary, b.verified, &b.email).cmp(&(a.primary, a.verified, &a.email)));
    emails
}

/// Providers say yes as `true`, as a text (Apple) or as a number (Zoom). Every other word is no.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// One address, in lower case. Only what cannot be one is left out here: an account's own rules come later.
fn clean(email: &str) -> Option<String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    let (local, domain) = email.rsplit_once('@')?;
    let good = !local.is_empty() && !local.contains('@') && domain.contains('.') && email.len() <= 254;
    (good && !email.chars().any(bad)).then(|| email.to_lowercase())
}
