//! The fields of request bodies, as types that parse themselves and have a schema.
//!
//! [`request!`](crate::request) declares a body. An empty value counts as absent, as in forms.

use super::input::{Choice, Input};
use crate::flow::Problem;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

/// A body that can be read from an input.
pub trait FromInput: Sized {
    /// Reads the body.
    ///
    /// # Errors
    /// Returns the problems of its fields, in the order of the fields.
    fn from_input(input: &Input) -> Result<Self, Vec<Problem>>;

    /// Returns the codes of all possible problems.
    fn codes() -> Vec<&'static str>;
}

/// A member of a body.
pub trait Member: Sized {
    /// The codes of all possible problems.
    const CODES: &'static [&'static str];

    /// Reads the member. Adds any problem to `problems` and then returns `None`.
    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self>;
}

/// A field that can be optional.
pub trait Field: Sized {
    /// The codes of the problems that its values can have.
    const CODES: &'static [&'static str];

    /// Reads the value. Adds problems to `problems`.
    fn value(input: &Input, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<Self>;
}

impl<T: Field> Member for Option<T> {
    const CODES: &'static [&'static str] = T::CODES;

    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(T::value(input, name, false, problems))
    }
}

/// Declares the body of a request: a struct, its parser, and its schema. A member is one of the types of
/// [`fields`](crate::http::fields), or an `Option` of one.
#[macro_export]
macro_rules! request {
    (
        $(#[$about:meta])*
        $visible:vis struct $name:ident {
            $( $(#[$text:meta])* $field:ident: $type:ty ),* $(,)?
        }
    ) => {
        #[derive(schemars::JsonSchema)]
        #[schemars(transform = $crate::http::fields::optional_texts)]
        $(#[$about])*
        $visible struct $name {
            $( $(#[$text])* pub $field: $type, )*
        }

        impl $crate::http::fields::FromInput for $name {
            fn from_input(input: &$crate::http::Input) -> Result<Self, Vec<$crate::flow::Problem>> {
                let mut problems = Vec::new();
                $( let $field = <$type as $crate::http::fields::Member>::read(input, stringify!($field), &mut problems); )*
                match ($($field,)*) {
                    ($(Some($field),)*) if problems.is_empty() => Ok(Self { $($field),* }),
                    _ => Err(problems),
                }
            }

            fn codes() -> Vec<&'static str> {
                [$( <$type as $crate::http::fields::Member>::CODES ),*].concat()
            }
        }
    };
}

/// Declares a field with a text, with its codes, its parser, and its schema.
macro_rules! text_field {
    ($(#[doc = $about:literal])* $name:ident, $codes:expr, $read:expr, $schema:expr) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        pub struct $name(pub String);

        impl Field for $name {
            const CODES: &'static [&'static str] = &$codes;

            fn value(input: &Input, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<Self> {
                let read: fn(&Input, &'static str, bool, &mut Vec<Problem>) -> Option<String> = $read;
                read(input, name, required, problems).map(Self)
            }
        }

        inline_schema!($name, $schema);
    };
}

/// Gives a type an inline schema, which is not a component.
macro_rules! inline_schema {
    ($name:ident, $schema:expr) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                concat!("Field", stringify!($name)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

/// Implements [`Member`] for a field that is required.
macro_rules! required {
    ($($name:ident),*) => {
        $(impl Member for $name {
            const CODES: &'static [&'static str] = <Self as Field>::CODES;

            fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
                Self::value(input, name, true, problems)
            }
        })*
    };
}

/// A value of an optional text that counts as absent, as in Django's forms.
pub struct EmptyField;

impl JsonSchema for EmptyField {
    fn schema_name() -> Cow<'static, str> {
        "EmptyField".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Counts as absent.",
            "type": ["string", "null", "array", "object"],
            "pattern": "^\\s*$",
            "maxItems": 0,
            "maxProperties": 0,
        })
    }
}

/// Adds [`EmptyField`] to the schema of every text of a body that is not required. For schemas of bodies that this module
/// reads.
pub fn optional_texts(schema: &mut Schema) {
    let required = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
    let Some(Json::Object(properties)) = schema.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(&Json::from(name.as_str()))) {
        let Some(property) = property.as_object_mut() else { continue };
        let Some(Json::Array(types)) = property.get_mut("type") else { continue };
        if !types.contains(&json!("string")) {
            continue;
        }
        types.retain(|it| it != "null");
        if let [only] = &mut types[..] {
            let only = only.take();
            property.insert("type".to_owned(), only);
        }
        let is_about_the_value = |name: &str| !matches!(name, "description" | "default") && !name.starts_with("x-");
        let (value, about): (Map<_, _>, Map<_, _>) =
            std::mem::take(property).into_iter().partition(|(name, _)| is_about_the_value(name));
        *property = about;
        let empty = json!({"$ref": format!("#/components/schemas/{}", EmptyField::schema_name())});
        property.insert("anyOf".to_owned(), json!([value, empty]));
    }
}

/// Returns the schema of a non-empty text. A number counts as the text of its digits.
fn text() -> Schema {
    json_schema!({"type": ["string", "number"], "pattern": "[^\\s\\x00]"})
}

text_field!(
    /// A text.
    Text,
    ["null_characters_not_allowed", "required"],
    |input, name, required, problems| input.char_field(name, required, problems),
    text()
);
text_field!(
    /// A text as the user typed it, including surrounding white space.
    RawText,
    ["null_characters_not_allowed", "required"],
    |input, name, _, problems| input.raw_field(name, problems),
    json_schema!({"type": ["string", "number"], "minLength": 1})
);
text_field!(
    /// The name of an authenticator.
    ShortName,
    ["invalid", "max_length", "null_characters_not_allowed", "required"],
    |input, name, required, problems| input.short_field(name, required, MOST_NAME, problems),
    json_schema!({"type": ["string", "number"], "pattern": "[^\\s\\x00]", "maxLength": MOST_NAME})
);
text_field!(
    /// An email address, in lower case.
    Email,
    ["invalid", "max_length", "null_characters_not_allowed", "required"],
    |input, name, required, problems| input.email_field(name, required, problems),
    json_schema!({"type": "string", "format": "email", "maxLength": 320})
);
text_field!(
    /// A phone number, in E.164.
    Phone,
    ["invalid_phone", "null_characters_not_allowed", "required"],
    |input, name, required, problems| input.phone_field(name, required, problems),
    json_schema!({"type": "string", "examples": ["+31612345678"], "pattern": "[0-9]"})
);
required!(Text, RawText, ShortName, Email, Phone);

/// Maximum length of an authenticator's name in characters.
const MOST_NAME: usize = 100;

/// An optional text, which the flow checks.
#[derive(Debug, Clone)]
pub struct LaterText(pub Option<String>);

impl Member for LaterText {
    const CODES: &'static [&'static str] = <Text as Field>::CODES;

    fn read(input: &Input, name: &'static str, _: &mut Vec<Problem>) -> Option<Self> {
        Some(Self(input.text(name)))
    }
}

inline_schema!(LaterText, text());

/// A boolean. It is `false` if it is missing.
#[derive(Debug, Clone, Copy)]
pub struct Flag(pub bool);

impl Member for Flag {
    const CODES: &'static [&'static str] = &["invalid"];

    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(Self(input.bool_field(name, problems)))
    }
}

impl JsonSchema for Flag {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FieldFlag".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "null"], "default": false})
    }

    fn _schemars_private_is_option() -> bool {
        true
    }
}

/// The response of an authenticator, as JSON or as JSON in a text.
#[derive(Debug, Clone)]
pub struct Credential(pub Json);

impl Member for Credential {
    const CODES: &'static [&'static str] = &["invalid", "required"];

    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        input.credential_field(name, problems).map(Self)
    }
}

impl JsonSchema for Credential {
    fn schema_name() -> Cow<'static, str> {
        "WebAuthnCredential".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = |about: &str| json!({"type": "string", "description": about});
        json_schema!({
            "description": "The value of `PublicKeyCredential.toJSON()`. Binary values are in base64url or base64.",
            "type": "object",
            "properties": {
                "type": {"const": "public-key"},
                "id": {"type": "string"},
                "rawId": {"type": "string"},
                "authenticatorAttachment": {"type": ["string", "null"]},
                "clientExtensionResults": {"type": "object"},
                "response": {
                    "type": "object",
                    "properties": {
                        "clientDataJSON": {"type": "string"},
                        "attestationObject": text("Of a new credential."),
                        "transports": {"type": "array", "items": {"type": "string"}, "description": "Of a new credential."},
                        "authenticatorData": text("Of a credential that is used."),
                        "signature": text("Of a credential that is used."),
                        "userHandle": {"type": ["string", "null"], "description": "Of a credential that is used."},
                    },
                    "required": ["clientDataJSON"],
                },
            },
            "required": ["type", "id", "rawId", "response"],
        })
    }
}

/// The number of one item in a list.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub Choice);

impl Member for Number {
    const CODES: &'static [&'static str] = &["invalid_choice", "required"];

    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(Self(input.choice_field(name, problems)))
    }
}

inline_schema!(Number, json_schema!({"type": ["integer", "string"], "minimum": 0, "pattern": "^\\s*\\+?[0-9]+\\s*$"}));

/// The numbers of several items in a list.
#[derive(Debug, Clone)]
pub struct Numbers(pub Vec<u64>);

impl Member for Numbers {
    const CODES: &'static [&'static str] = &["invalid_choice", "invalid_list", "invalid_pk_value", "required"];

    fn read(input: &Input, name: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        input.choices_field(name, problems).map(Self)
    }
}

inline_schema!(
    Numbers,
    json_schema!({
        "type": "array",
        "items": {"type": ["integer", "string"], "minimum": 0, "pattern": "^\\s*\\+?[0-9]+\\s*$"},
        "minItems": 1,
    })
);

#[cfg(test)]
mod tests {
    use super::*;

    crate::request! {
        /// A body for the test.
        struct Body {
            /// A required field.
            code: Text,
            /// An optional field.
            email: Option<Email>,
            /// A boolean.
            trust: Flag,
        }
    }

    fn read(body: Json) -> Result<Body, Vec<(Option<&'static str>, String)>> {
        let Json::Object(body) = body else { panic!("an object") };
        let problems =
            |problems: Vec<Problem>| problems.into_iter().map(|it| (it.param, it.code.into_owned())).collect();
        Body::from_input(&Input(body)).map_err(problems)
    }

    #[test]
    fn a_body_is_read_or_all_its_problems_are_reported_in_order() {
        let body = read(json!({"code": 12, "email": "Ada@Example.com", "other": [1]})).unwrap();
        assert_eq!((body.code.0.as_str(), body.trust.0), ("12", false));
        assert_eq!(body.email.unwrap().0, "ada@example.com");
        assert!(read(json!({"code": "1", "email": "", "trust": true})).unwrap().email.is_none());
        let problems = read(json!({"email": "x", "trust": "yes"})).err().unwrap();
        let expected = [("code", "required"), ("email", "invalid"), ("trust", "invalid")];
        assert_eq!(problems, expected.map(|(param, code)| (Some(param), code.to_owned())));
    }

    #[test]
    fn a_schema_has_the_required_fields_of_the_parser() {
        let schema = schemars::schema_for!(Body).to_value();
        assert_eq!(schema["required"], json!(["code"]));
        assert_eq!(schema["properties"]["code"]["type"], json!(["string", "number"]));
        let email = &schema["properties"]["email"];
        assert_eq!(email["description"], "An optional field.");
        assert_eq!(email["anyOf"][0]["format"], "email");
        assert_eq!(email["anyOf"][1]["$ref"], "#/components/schemas/EmptyField");
        assert_eq!(schema["properties"]["trust"]["type"], json!(["boolean", "null"]));
        assert_eq!(Body::codes().len(), 7);
    }
}
