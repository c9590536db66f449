//! Parsing of the fields of a JSON body with the rules of Django's forms, whose errors clients know.

use crate::account::{EmailFault, MOST_EMAIL_CHARACTERS, check_email, lower_email, read_phone};
use crate::flow::Problem;
use crate::webauthn::{self, CeremonyError};
use serde_json::{Map, Value as Json};

/// The text that replaces a value that is not a text. No stored value equals it, and no rule accepts it.
const NOT_TEXT: &str = "\u{fffc}";

/// The fields of a body.
#[derive(Debug, Default)]
pub struct Input(pub Map<String, Json>);

impl Input {
    /// Returns whether the body contains the field.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns a field's text without surrounding white space, or `None` if it is missing or empty. A number counts as
    /// the text of its digits, as in the reference, whose clients send codes as numbers. Other types are not texts. The
    /// reference converts a list or an object to Python's representation, and so accepts a code in a list, or an object
    /// as a password.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Json::Null => return None,
            Json::String(text) => text.clone(),
            Json::Array(list) if list.is_empty() => return None,
            Json::Object(map) if map.is_empty() => return None,
            Json::Number(number) => number.to_string(),
            Json::Bool(_) | Json::Array(_) | Json::Object(_) => NOT_TEXT.to_owned(),
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Reads a text field. Adds problems to `problems`.
    pub fn char_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        let Some(text) = self.text(name) else {
            if required {
                problems.push(Problem::required(name));
            }
            return None;
        };
        if text.contains('\0') {
            problems.push(Problem::null_characters(name));
            return None;
        }
        Some(text)
    }

    /// Reads a text field with a maximum number of characters.
    pub fn short_field(
        &self,
        name: &'static str,
        required: bool,
        most: usize,
        problems: &mut Vec<Problem>,
    ) -> Option<String> {
        let text = self.char_field(name, required, problems)?;
        if text == NOT_TEXT {
            problems.push(Problem::field(name, "invalid", "Enter a text."));
            return None;
        }
        let length = text.chars().count();
        if length > most {
            let message = format!("Ensure this value has at most {most} characters (it has {length}).");
            problems.push(Problem::field(name, "max_length", message));
            return None;
        }
        Some(text)
    }

    /// Reads the answer of an authenticator, as JSON or as JSON in a text. Adds problems to `problems`.
    pub fn credential_field(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<Json> {
        match webauthn::credential_field(self.0.get(name)) {
            Ok(value) => Some(value.into_owned()),
            Err(CeremonyError::Required) => {
                problems.push(Problem::required(name));
                None
            }
            Err(_) => {
                problems.push(Problem::field(name, "invalid", "Enter a valid JSON."));
                None
            }
        }
    }

    /// Reads a boolean, which is `false` if it is missing. Unlike the reference's checkbox, it accepts no other type.
    /// Adds a problem for any other value.
    pub fn bool_field(&self, name: &'static str, problems: &mut Vec<Problem>) -> bool {
        match self.0.get(name) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(yes)) => *yes,
            Some(_) => {
                problems.push(Problem::field(name, "invalid", "Enter true or false."));
                false
            }
        }
    }

    /// Returns whether a list is not empty, by Python's rules: zero and `false` count as empty too.
    fn is_there(&self, name: &str) -> bool {
        match self.0.get(name) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(yes)) => *yes,
            Some(Json::Number(number)) => number.as_f64() != Some(0.0),
            Some(Json::String(text)) => !text.is_empty(),
            Some(Json::Array(list)) => !list.is_empty(),
            Some(Json::Object(fields)) => !fields.is_empty(),
        }
    }

    /// Reads a text field as the user typed it, including surrounding white space.
    pub fn raw_field(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        match self.0.get(name).and_then(Json::as_str).filter(|text| !text.is_empty() && !text.contains('\0')) {
            Some(text) => Some(text.to_owned()),
            None => self.char_field(name, true, problems),
        }
    }

    /// Reads the number of one item in a list.
    pub fn choice_field(&self, name: &'static str, problems: &mut Vec<Problem>) -> Choice {
        match self.0.get(name) {
            Some(value) if !is_empty(value) => number(value).map_or(Choice::Unknown, Choice::Number),
            _ => {
                problems.push(Problem::required(name));
                Choice::Missing
            }
        }
    }

    /// Reads the numbers of several items in a list.
    pub fn choices_field(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<Vec<u64>> {
        let problem = match self.0.get(name) {
            _ if !self.is_there(name) => Problem::required(name),
            None => Problem::required(name),
            Some(Json::Array(list)) if list.iter().any(|value| value.is_array() || value.is_object()) => {
                Problem::field(name, "invalid_list", "Enter a list of values.")
            }
            Some(Json::Array(list)) if list.iter().any(|value| number(value).is_none() && !value.is_string()) => {
                Choice::problem(name)
            }
            Some(Json::Array(list)) => match list.iter().map(|value| number(value).ok_or(value)).collect() {
                Ok(numbers) => return Some(numbers),
                Err(value) => not_a_key(name, value),
            },
            Some(value @ Json::Object(_)) => not_a_key(name, value),
            Some(_) => Problem::field(name, "invalid_list", "Enter a list of values."),
        };
        problems.push(problem);
        None
    }

    /// Reads a phone number in any notation and returns it in E.164. Adds problems to `problems`.
    pub fn phone_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        let text = self.char_field(name, required, problems);
        if text.is_none() && !self.text(name).is_some_and(|text| text.contains('\0')) {
            return None;
        }
        // A JSON number has lost its `+`, and possibly leading zeros.
        let is_text = self.0.get(name).is_some_and(Json::is_string);
        if let Some(number) = text.filter(|_| is_text).and_then(|text| read_phone(&text)) {
            return Some(number);
        }
        let message = "Enter a phone number including country code (e.g. +1 for the US).";
        problems.push(Problem::field(name, "invalid_phone", message));
        None
    }

    /// Reads an email address and returns it in lower case. Adds problems to `problems`.
    pub fn email_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        /// RFC 3696, section 3. As in the reference, a longer address has two problems: too long and invalid.
        const LONGEST: usize = 320;
        let Some(text) = self.text(name) else {
            if required {
                problems.push(Problem::required(name));
            }
            return None;
        };
        let before = problems.len();
        let fault = check_email(&text).err();
        if fault == Some(EmailFault::Invalid) {
            problems.push(Problem::field(name, "invalid", "Enter a valid email address."));
        }
        let length = text.chars().count();
        let most = if fault == Some(EmailFault::TooLong) { MOST_EMAIL_CHARACTERS } else { LONGEST };
        if fault == Some(EmailFault::TooLong) || length > LONGEST {
            let message = format!("Ensure this value has at most {most} characters (it has {length}).");
            problems.push(Problem::field(name, "max_length", message));
        }
        if text.contains('\0') {
            problems.push(Problem::null_characters(name));
        }
        (problems.len() == before).then(|| lower_email(&text))
    }
}

/// A choice of one item in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The number of the chosen item.
    Number(u64),
    /// A value that is not a number, so that it matches no item.
    Unknown,
    /// No choice. The problem is already reported.
    Missing,
}

impl Choice {
    /// Returns the problem that no such item exists.
    pub fn problem(name: &'static str) -> Problem {
        let message = "Select a valid choice. That choice is not one of the available choices.";
        Problem::field(name, "invalid_choice", message)
    }

    /// Returns the problem that the value is not one of the items.
    pub fn not_among(name: &'static str, value: &str) -> Problem {
        let message = format!("Select a valid choice. {value} is not one of the available choices.");
        Problem::field(name, "invalid_choice", message)
    }
}

fn not_a_key(name: &'static str, value: &Json) -> Problem {
    let message = format!("\u{201c}{}\u{201d} is not a valid value.", shown(value));
    Problem::field(name, "invalid_pk_value", message)
}

fn number(value: &Json) -> Option<u64> {
    match value {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> Input {
        Input(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn values_are_parsed_like_form_fields() {
        let input = input(r#"{"a": " x ", "b": 12, "c": null, "d": "  ", "e": [], "f": true, "g": {}}"#);
        let read = |name| input.text(name);
        assert_eq!((read("a"), read("b"), read("f")), (Some("x".into()), Some("12".into()), Some(NOT_TEXT.into())));
        let nested = super::tests::input(r#"{"a": {"b": [1, "c", null]}, "n": 0, "s": "false", "w": " "}"#);
        assert_eq!(nested.text("a").as_deref(), Some(NOT_TEXT));
        let mut problems = Vec::new();
        assert_eq!(nested.short_field("a", true, 100, &mut problems), None);
        assert_eq!((problems.len(), &*problems[0].code), (1, "invalid"));
        assert!(!nested.is_there("n") && nested.is_there("s"), "an empty list");
        assert_eq!(nested.raw_field("w", &mut Vec::new()).as_deref(), Some(" "));
        for empty in ["c", "d", "e", "g", "missing"] {
            assert_eq!(read(empty), None, "{empty}");
        }
    }

    #[test]
    fn only_booleans_are_accepted_as_booleans() {
        let input =
            input(r#"{"a": true, "b": false, "c": null, "d": "yes", "e": 1, "f": [true], "g": {"a": 1}, "h": ""}"#);
        let mut problems = Vec::new();
        let said = ["a", "b", "c", "missing"].map(|name| input.bool_field(name, &mut problems));
        assert_eq!((said, problems.len()), ([true, false, false, false], 0));
        for wrong in ["d", "e", "f", "g", "h"] {
            let mut problems = Vec::new();
            assert!(!input.bool_field(wrong, &mut problems));
            assert_eq!(&*problems[0].code, "invalid", "{wrong}");
        }
    }

    /// CVE-2022-35924: a mail went to two addresses that were packed into one field.
    #[test]
    fn two_addresses_in_one_field_are_invalid() {
        for packed in
            ["a@example.com,b@example.com", "a@example.com\\nBcc: b@example.com", "a@example.com b@example.com"]
        {
            let mut problems = Vec::new();
            let input = input(&format!(r#"{{"email": "{packed}"}}"#));
            assert_eq!(input.email_field("email", true, &mut problems), None);
            assert_eq!(problems[0].code, "invalid");
        }
    }
}
