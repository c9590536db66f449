//! The identity of a user, as a provider reports it.

use super::config::AppConfig;
use super::error::InvalidToken;
use super::table::Fields;
use super::template::{first, text};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Maximum length of a subject in characters (OpenID Connect Core 1.0, 2).
pub const MAX_SUBJECT: usize = 255;
/// Maximum length of a first name, a last name or a username in characters (Django's `AbstractUser`).
const MAX_NAME: usize = 150;

/// The identity of a user, as a provider reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's identifier of the user, which never changes. It is compared exactly.
    pub subject: String,
    /// The user's addresses: the primary ones first, then the verified ones.
    pub emails: Vec<Address>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The username at the provider.
    pub username: Option<String>,
    /// The profile as the provider sent it (the reference's `extra_data`).
    pub extra: Value,
    /// Set if the proof was a token with a `jti`. Such a token is valid only once.
    pub replay: Option<Replay>,
}

/// An address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub email: String,
    /// Whether the provider or the operator declares that the address belongs to the user.
    pub verified: bool,
    /// Whether it is the user's primary address.
    pub primary: bool,
}

/// The mark of a token that is valid only once (the reference's `verify_jti`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Identifies the token: its issuer and its `jti`, hashed.
    pub key: String,
    /// The time when the token expires, in seconds since 1970. The mark must be stored until then.
    pub expires: i64,
}

/// Returns the key of an identity: the provider's name and the subject, hashed with their lengths so that two different
/// pairs cannot have the same key. Base64url of 32 bytes.
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
    /// Returns the first and the last name for an account. If the provider has none, they are the parts of the full
    /// name (the reference's `populate_user`).
    pub fn names(&self) -> (String, String) {
        let (first, last) = split(self.name.as_deref().unwrap_or_default());
        let name = |own: &Option<String>, part: String| tidy(own.as_deref().unwrap_or(&part), MAX_NAME);
        (name(&self.first_name, first), name(&self.last_name, last))
    }

    /// Reads a profile. In display texts, control characters and excess length are removed. Fields with a wrong type
    /// count as missing.
    ///
    /// # Errors
    /// [`InvalidToken::Subject`] if the subject is missing or invalid.
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
        // A full name is a first name, a space, and a last name.
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
        // An overlong username is dropped, because a part of it would be another username.
        let username = username.filter(|name| name.chars().count() <= MAX_NAME && !name.contains(char::is_control));
        let emails = addresses(app, fields, profile, listed);
        Ok(Self { subject, emails, first_name, last_name, name, username, extra, replay: None })
    }
}

/// Returns whether a subject is valid. Subjects are compared exactly, so an invalid one is refused and not shortened.
fn is_subject(subject: &str) -> bool {
    subject.chars().count() <= MAX_SUBJECT && !subject.contains(char::is_control) && !subject.trim().is_empty()
}

/// Returns a text for display: on one line, with `most` characters at most.
pub(super) fn tidy(text: &str, most: usize) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    plain.trim().to_owned()
}

fn split(name: &str) -> (String, String) {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    (first.to_owned(), last.to_owned())
}

/// Merges the listed addresses and the address of the profile, like the reference's `cleanup_email_addresses`.
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

/// Returns whether a value means true. Providers send `true` as a boolean, as a text (Apple) or as a number (Zoom).
/// Everything else means false.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// Returns one address in lower case, or `None` if it cannot be an address. The account's own rules are applied later.
fn clean(email: &str) -> Option<String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    let (local, domain) = email.rsplit_once('@')?;
    let good = !local.is_empty() && !local.contains('@') && domain.contains('.') && email.len() <= 254;
    (good && !email.chars().any(bad)).then(|| email.to_lowercase())
}
