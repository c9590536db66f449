//! The types of settings, and their parsers.

use crate::webauthn::UserVerification;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// A type of setting values.
pub trait Value: Sized {
    /// The name of the type in the documentation.
    const KIND: &'static str;

    /// Parses a value in JSON, as in the settings file.
    ///
    /// # Errors
    /// The valid values.
    fn from_json(json: &Json) -> Result<Self, String>;

    /// Parses an environment variable: as JSON if it is valid JSON, or else as a plain string.
    ///
    /// # Errors
    /// The valid values.
    fn from_text(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(json) => Self::from_json(&json),
            Err(_) => Self::from_json(&Json::String(text.to_owned())),
        }
    }

    /// Returns the value in the format of an environment variable.
    fn show(&self) -> String;
}

/// Implements [`Value`] with serde. `$right` describes the valid values.
macro_rules! plain {
    ($type:ty, $kind:literal, $right:literal) => {
        impl Value for $type {
            const KIND: &'static str = $kind;
            fn from_json(json: &Json) -> Result<Self, String> {
                <$type>::deserialize(json).map_err(|_| concat!("must be ", $right).to_owned())
            }
            fn show(&self) -> String {
                serde_json::json!(self).to_string()
            }
        }
    };
}

plain!(bool, "boolean", "true or false");
plain!(u8, "number", "a whole number from 0 to 255");
plain!(u16, "number", "a whole number from 0 to 65535");
plain!(u32, "number", "a whole number, 0 or more");
plain!(u64, "number", "a whole number, 0 or more");
plain!(usize, "number", "a whole number, 0 or more");
plain!(i64, "number", "a whole number");
plain!(f64, "number", "a number");
plain!(BTreeMap<String, String>, "dictionary", "a JSON object of strings");

impl Value for String {
    const KIND: &'static str = "string";
    fn from_json(json: &Json) -> Result<Self, String> {
        json.as_str().map(str::to_owned).ok_or_else(|| "must be a string".to_owned())
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for Url {
    const KIND: &'static str = "URL";
    fn from_json(json: &Json) -> Result<Self, String> {
        let text = json.as_str().unwrap_or_default();
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err("must be an absolute http or https URL".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.as_str().trim_end_matches('/').to_owned()
    }
}

impl<V: Value> Value for Option<V> {
    const KIND: &'static str = V::KIND;
    fn from_json(json: &Json) -> Result<Self, String> {
        if json.is_null() { Ok(None) } else { V::from_json(json).map(Some) }
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if text == "null" { Ok(None) } else { V::from_text(text).map(Some) }
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "null".to_owned(), Value::show)
    }
}

impl<V: Value> Value for Vec<V> {
    const KIND: &'static str = "list";
    fn from_json(json: &Json) -> Result<Self, String> {
        let list = json.as_array().ok_or_else(|| "must be a JSON list".to_owned())?;
        list.iter().map(|entry| V::from_json(entry).map_err(|e| format!("each entry {e}"))).collect()
    }
    fn show(&self) -> String {
        let shown = self.iter().map(Value::show).collect::<Vec<_>>();
        serde_json::json!(shown).to_string()
    }
}

/// Declares a setting that is one of a few words.
macro_rules! keywords {
    ($(#[doc = $about:literal])* $type:ident { $($(#[doc = $text:literal])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $type { $($(#[doc = $text])* #[serde(rename = $word)] $variant,)* }

        impl $type {
            /// Returns the word of the variant.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::settings::Value for $type {
            const KIND: &'static str = concat!($("`", $word, "` "),*);
            fn from_json(json: &serde_json::Value) -> Result<Self, String> {
                match json.as_str() {
                    $(Some($word) => Ok(Self::$variant),)*
                    _ => Err(concat!("must be one of:" $(, " ", $word)*).to_owned()),
                }
            }
            fn show(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}

pub(super) use keywords;

keywords! {
    /// An identifier that users can log in with.
    LoginMethod {
        /// An email address.
        Email = "email",
        /// A username.
        Username = "username",
        /// A phone number.
        Phone = "phone",
    }
}

keywords! {
    /// Whether an address has to be verified.
    EmailVerification {
        /// Users can log in only after verification.
        Mandatory = "mandatory",
        /// A mail is sent, but users can log in without verification.
        Optional = "optional",
        /// No mail is sent.
        None = "none",
    }
}

impl EmailVerification {
    /// Returns the stricter of the two methods.
    pub fn stricter(self, other: Self) -> Self {
        let rank = |it: Self| match it {
            Self::None => 0,
            Self::Optional => 1,
            Self::Mandatory => 2,
        };
        if rank(self) >= rank(other) { self } else { other }
    }
}

keywords! {
    /// The two kinds of headless client.
    ClientKind {
        /// A single-page app: cookies and CSRF.
        Browser = "browser",
        /// Any other client: tokens in headers.
        App = "app",
    }
}

keywords! {
    /// The certificate authorities that are trusted for AWS endpoints.
    TlsRoots {
        /// Those that issue the certificates of AWS endpoints.
        Amazon = "amazon",
        /// Those in the machine's store.
        Platform = "platform",
    }
}

/// Whether answers hide that an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreventEnumeration {
    /// Answers do not hide it.
    No,
    /// Answers hide it, and addresses stay unique.
    Yes,
    /// Answers hide it. As a consequence, several accounts can have the same unverified address.
    Strict,
}

impl Value for PreventEnumeration {
    const KIND: &'static str = "boolean or `strict`";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Bool(false) => Ok(Self::No),
            Json::Bool(true) => Ok(Self::Yes),
            Json::String(word) if word == "strict" => Ok(Self::Strict),
            _ => Err("must be true, false or strict".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::No => "false",
            Self::Yes => "true",
            Self::Strict => "strict",
        }
        .to_owned()
    }
}

/// The `SameSite` attribute of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Also sent on top-level navigation.
    Lax,
    /// Sent only within the site.
    Strict,
    /// Always sent.
    None,
    /// No attribute.
    Omitted,
}

impl Value for SameSite {
    const KIND: &'static str = "`Lax`, `Strict`, `None` or `false`";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Bool(false) => Ok(Self::Omitted),
            Json::String(word) => match word.to_ascii_lowercase().as_str() {
                "lax" => Ok(Self::Lax),
                "strict" => Ok(Self::Strict),
                "none" => Ok(Self::None),
                _ => Err("must be Lax, Strict, None or false".to_owned()),
            },
            _ => Err("must be Lax, Strict, None or false".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
            Self::Omitted => "false",
        }
        .to_owned()
    }
}

impl Value for UserVerification {
    const KIND: &'static str = "`required`, `preferred` or `discouraged`";
    fn from_json(json: &Json) -> Result<Self, String> {
        Self::deserialize(json).map_err(|_| "must be one of: required preferred discouraged".to_owned())
    }
    fn show(&self) -> String {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Discouraged => "discouraged",
        }
        .to_owned()
    }
}

/// The number of times that a user can repeat an action: `true` is twice, `false` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(pub u32);

impl Value for Quota {
    const KIND: &'static str = "boolean or number";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Bool(yes) => Ok(Self(if *yes { 2 } else { 0 })),
            other => u32::deserialize(other).map(Self).map_err(|_| "must be true, false or a whole number".to_owned()),
        }
    }
    fn show(&self) -> String {
        if self.0 == 0 { "false".to_owned() } else { self.0.to_string() }
    }
}

/// The format of codes that users type (RFC 8628, section 6.1, describes the alphabet).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeFormat {
    /// Whether codes consist of digits instead of letters.
    pub numeric: bool,
    /// Number of characters, without dashes. If unset, 8 letters or 9 digits.
    pub length: Option<usize>,
    /// Whether a dash in the middle makes the code easier to read.
    pub dashed: bool,
    /// The alphabet, instead of that of `numeric`.
    pub allowed_chars: Option<String>,
}

impl Default for CodeFormat {
    fn default() -> Self {
        Self { numeric: false, length: None, dashed: true, allowed_chars: None }
    }
}

impl CodeFormat {
    /// Returns the alphabet: consonants that are hard to confuse and do not form words, or digits.
    pub fn alphabet(&self) -> Vec<char> {
        let letters =
            self.allowed_chars.as_deref().unwrap_or(if self.numeric { "0123456789" } else { "BCDFGHJKLMNPQRSTVWXZ" });
        letters.chars().collect()
    }

    /// Returns the number of characters, without dashes.
    pub fn length(&self) -> usize {
        self.length.unwrap_or(if self.numeric { 9 } else { 8 })
    }
}

impl Value for CodeFormat {
    const KIND: &'static str = "dictionary";
    fn from_json(json: &Json) -> Result<Self, String> {
        let format = Self::deserialize(json).map_err(|e| format!("must be a code format: {e}"))?;
        // ASVS 5.0 6.5.4 requires at least 20 bits, or six digits.
        if !format.alphabet().iter().all(|letter| letter.is_alphanumeric()) {
            return Err("must contain only letters and digits: other characters of a code are not compared".to_owned());
        }
        let distinct = format.alphabet().into_iter().collect::<BTreeSet<_>>().len() as u64;
        let length = format.length().try_into().unwrap_or(u32::MAX);
        if distinct.saturating_pow(length) < 1_000_000 {
            return Err("must give codes of at least 20 bits".to_owned());
        }
        Ok(format)
    }
    fn show(&self) -> String {
        serde_json::json!({"numeric": self.numeric, "dashed": self.dashed}).to_string()
    }
}

/// One field of the signup form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignupField {
    /// Whether the field is required.
    pub required: bool,
}

/// The fields of signup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignupFields(Vec<(String, SignupField)>);

impl SignupFields {
    /// Creates the fields from names. A `*` after a name marks a required field.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let field = |name: &'a str| match name.strip_suffix('*') {
            Some(name) => (name.to_owned(), SignupField { required: true }),
            None => (name.to_owned(), SignupField { required: false }),
        };
        Self(names.into_iter().map(field).collect())
    }

    /// Returns the fields, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, SignupField)> {
        self.0.iter().map(|(name, field)| (name.as_str(), *field))
    }

    /// Returns the field with this name, if signup has it.
    pub fn get(&self, name: &str) -> Option<SignupField> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, field)| *field)
    }
}

impl Value for SignupFields {
    const KIND: &'static str = "list";
    fn from_json(json: &Json) -> Result<Self, String> {
        const KNOWN: [&str; 6] = ["username", "email", "email2", "phone", "password1", "password2"];
        let names = Vec::<String>::from_json(json)?;
        let fields = Self::parse(names.iter().map(String::as_str));
        match fields.0.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            Some((name, _)) => Err(format!("`{name}` must be one of: {}", KNOWN.join(" "))),
            None => Ok(fields),
        }
    }
    fn show(&self) -> String {
        let name = |(name, field): &(String, SignupField)| format!("{name}{}", if field.required { "*" } else { "" });
        serde_json::json!(self.0.iter().map(name).collect::<Vec<_>>()).to_string()
    }
}

/// The login methods after which a login code is also required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequiredFor {
    /// No login method.
    None,
    /// Every login method.
    All,
    /// These login methods.
    Methods(Vec<String>),
}

impl RequiredFor {
    /// Returns whether a code is required after this method. A signup has no method.
    pub fn applies_to(&self, method: Option<&str>) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Methods(methods) if methods.is_empty() => false,
            Self::Methods(methods) => method.is_none_or(|method| methods.iter().any(|known| known == method)),
        }
    }
}

impl Value for RequiredFor {
    const KIND: &'static str = "boolean or list";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Bool(yes) => Ok(if *yes { Self::All } else { Self::None }),
            other => Vec::<String>::from_json(other)
                .map(Self::Methods)
                .map_err(|_| "must be true, false or a list of methods".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::None => "false".to_owned(),
            Self::All => "true".to_owned(),
            Self::Methods(methods) => serde_json::json!(methods).to_string(),
        }
    }
}
