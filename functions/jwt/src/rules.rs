//! The rules of body fields: how a field is read, and its schema.
//!
//! [`body!`](crate::rules::body) declares a body. Its fields are read in the order in which they are declared.

use crate::fields::{Fields, Text, missing};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value as Json, json};
use shared::description::{IF, REQUIRED_IF};
use shared::http::ApiError;
use shared::settings::{Condition, Settings};

/// The body of a request.
pub trait Body: Sized {
    /// The names of its fields.
    const NAMES: &'static [&'static str];

    /// Reads the fields. Adds the problems of invalid fields.
    fn read(fields: &mut Fields, settings: &Settings) -> Self;
}

/// The rule of a field.
pub trait Rule {
    /// The type of the parsed value.
    type Value;

    /// Reads a field. Adds a problem if it is invalid.
    fn read(fields: &mut Fields, name: &'static str, optional: bool) -> Option<Self::Value>;

    /// Returns the schema of accepted values. White space around a value is also accepted.
    fn schema() -> Schema;
}

/// A field of a body.
pub trait Member: Default {
    /// Whether the field is required.
    const REQUIRED: bool;

    /// Reads the field. Adds a problem if it is invalid.
    fn read(fields: &mut Fields, name: &'static str) -> Self;

    /// Returns the schema of accepted values.
    fn schema() -> Schema;
}

/// A required field. Its value is `None` if the field is invalid.
pub struct Given<R: Rule>(pub Option<R::Value>);

/// An optional field.
pub struct May<R: Rule>(pub Option<R::Value>);

macro_rules! member {
    ($name:ident, $required:literal) => {
        impl<R: Rule> Default for $name<R> {
            fn default() -> Self {
                Self(None)
            }
        }

        impl<R: Rule> Member for $name<R> {
            const REQUIRED: bool = $required;

            fn read(fields: &mut Fields, name: &'static str) -> Self {
                Self(R::read(fields, name, !$required))
            }

            fn schema() -> Schema {
                R::schema()
            }
        }
    };
}

member!(Given, true);
member!(May, false);

impl<R: Rule> Given<R> {
    /// Returns the value. Call [`Fields::check`] first.
    ///
    /// # Errors
    /// The field is absent or invalid.
    pub fn get(self) -> Result<R::Value, ApiError> {
        self.0.ok_or_else(missing)
    }
}

/// Declares the body of a request: a struct, how to read it, and its schema, whose name follows the struct's name. A
/// field with a condition is read only if the condition holds.
macro_rules! body {
    (
        $(#[doc = $about:literal])*
        $name:ident as $shown:literal {
            $( $(#[doc = $text:literal])* $field:ident: $type:ty $(, if $condition:ident)?; )*
        }
    ) => {
        $(#[doc = $about])*
        pub struct $name {
            $( $(#[doc = $text])* pub $field: $type, )*
        }

        impl $crate::rules::Body for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            fn read(fields: &mut $crate::fields::Fields, settings: &shared::settings::Settings) -> Self {
                $(
                    let conditions: &[shared::settings::Condition] = &[$(shared::settings::Condition::$condition)?];
                    let is_read = conditions.iter().all(|condition| condition.holds(settings));
                    let read = <$type as $crate::rules::Member>::read;
                    let $field = if is_read { read(fields, stringify!($field)) } else { Default::default() };
                )*
                Self { $($field),* }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $shown.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::rules::object(concat!($($about),*), vec![$(
                    $crate::rules::property::<$type>(
                        stringify!($field),
                        concat!($($text),*),
                        &[$(shared::settings::Condition::$condition)?],
                    ),
                )*])
            }
        }
    };
}

pub(crate) use body;

/// The name of a field, whether the field is always required, and its schema.
pub type Property = (&'static str, bool, Json);

/// Returns the description of a field.
pub fn property<T: Member>(name: &'static str, about: &str, conditions: &[Condition]) -> Property {
    let mut schema = T::schema().to_value();
    schema["description"] = json!(about.trim());
    if !conditions.is_empty() {
        schema[IF] = json!(conditions);
        if T::REQUIRED {
            schema[REQUIRED_IF] = json!(conditions);
        }
    }
    (name, T::REQUIRED && conditions.is_empty(), schema)
}

/// Returns the schema of a body with these fields.
pub fn object(about: &str, properties: Vec<Property>) -> Schema {
    let required = properties.iter().filter(|(_, required, _)| *required).map(|(name, ..)| *name);
    let required = required.collect::<Vec<_>>();
    let properties = properties.into_iter().map(|(name, _, schema)| (name.to_owned(), schema));
    let properties = properties.collect::<Map<_, _>>();
    let mut schema = json_schema!({"description": about.trim(), "type": "object", "properties": properties});
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// Declares the rule of a text field.
macro_rules! text_rule {
    ($(#[doc = $about:literal])* $name:ident, $rule:expr) => {
        $(#[doc = $about])*
        pub struct $name;

        impl Rule for $name {
            type Value = String;

            fn read(fields: &mut Fields, name: &'static str, optional: bool) -> Option<String> {
                fields.text(name, Text { optional, ..$rule })
            }

            fn schema() -> Schema {
                schema_of_text($rule)
            }
        }
    };
}

text_rule!(
    /// A text.
    AnyText,
    Text::ANY
);
text_rule!(
    /// A text that can be empty.
    BlankText,
    Text { blank: true, ..Text::ANY }
);
text_rule!(
    /// A text that may be empty or `null`.
    NullableText,
    Text { blank: true, null: true, ..Text::ANY }
);
text_rule!(
    /// A new password.
    Password,
    Text { max: 128, ..Text::ANY }
);
text_rule!(
    /// A code of an authenticator app.
    TotpCode,
    Text { min: 6, max: 6, code: true, ..Text::ANY }
);
text_rule!(
    /// A name in the user's details.
    AnyName,
    Text { blank: true, max: 150, ..Text::ANY }
);

/// Returns the schema of a text field. A number is also accepted, and read as text.
fn schema_of_text(rule: Text) -> Schema {
    let pattern = if rule.blank { "^[^\\x00]*$" } else { "^[^\\x00]*[^\\s\\x00][^\\x00]*$" };
    let mut schema = json_schema!({"type": ["string", "number"], "pattern": pattern});
    if rule.null {
        schema.insert("type".to_owned(), json!(["string", "number", "null"]));
    }
    if rule.min > 0 {
        schema.insert("minLength".to_owned(), json!(rule.min));
    }
    // Separators in a code do not count, so the schema sets no maximum length for codes.
    if rule.max > 0 && !rule.code {
        schema.insert("maxLength".to_owned(), json!(rule.max));
    }
    schema
}

/// An email address of at most `MOST` characters.
pub struct Email<const MOST: usize>;

impl<const MOST: usize> Rule for Email<MOST> {
    type Value = String;

    fn read(fields: &mut Fields, name: &'static str, _: bool) -> Option<String> {
        fields.email(name, MOST)
    }

    fn schema() -> Schema {
        json_schema!({"type": "string", "format": "email", "maxLength": MOST})
    }
}

/// An email address whose length the handler checks.
pub struct LongEmail;

impl LongEmail {
    /// The maximum number of characters.
    pub const MOST: usize = 254;
}

impl Rule for LongEmail {
    type Value = String;

    fn read(fields: &mut Fields, name: &'static str, _: bool) -> Option<String> {
        fields.email(name, 0)
    }

    fn schema() -> Schema {
        Email::<{ Self::MOST }>::schema()
    }
}

/// A name at registration.
pub struct Name;

impl Rule for Name {
    type Value = String;

    fn read(fields: &mut Fields, name: &'static str, optional: bool) -> Option<String> {
        fields.name(name, optional)
    }

    fn schema() -> Schema {
        // The white space around a name does not count.
        let (letter, most) = ("A-Za-zÀ-ÖØ-öø-ÿ", Fields::MOST_NAME - 1);
        json_schema!({"type": "string", "pattern": format!("^\\s*[{letter} ]{{0,{most}}}[{letter}]\\s*$")})
    }
}

/// The number of a role.
pub struct Role;

impl Rule for Role {
    type Value = u32;

    fn read(fields: &mut Fields, name: &'static str, _: bool) -> Option<u32> {
        let role = u32::try_from(fields.integer(name)?);
        if role.is_err() {
            fields.complain(name, "A valid integer is required.");
        }
        role.ok()
    }

    fn schema() -> Schema {
        json_schema!({"type": ["integer", "string"], "minimum": 0, "maximum": u32::MAX, "pattern": "^\\s*\\+?[0-9]+(\\.0)*\\s*$"})
    }
}
