//! Reading fields out of a JSON body the way Django's forms do, whose verdicts clients know.

use crate::account::{is_email, is_phone};
use crate::flow::Problem;
use serde_json::{Map, Value as Json};

/// A body's fields.
#[derive(Debug, Default)]
pub struct Input(pub Map<String, Json>);

impl Input {
    /// Whether the body names the field at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field's text without the white space around it; `None` where it is missing or empty. Other JSON
    /// values are read as the text they would be printed as.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Json::Null => return None,
            Json::String(text) => text.clone(),
            Json::Bool(true) => "True".to_owned(),
            Json::Bool(false) => "False".to_owned(),
            Json::Array(list) if list.is_empty() => return None,
            Json::Object(map) if map.is_empty() => return None,
            other => other.to_string(),
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text field. What is wrong with it goes to the problems.
    pub fn char_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        let Some(text) = self.text(name) else {
            if required {
                problems.push(Problem::required(name));
            }
            return None;
        };
        if text.contains('\0') {
            problems.push(null_characters(name));
            return None;
        }
        Some(text)
    }

    /// A phone number in E.164. What is wrong with it goes to the problems.
    pub fn phone_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        let text = self.char_field(name, required, problems)?;
        if is_phone(&text) {
            return Some(text);
        }
        let message = "Enter a phone number including country code (e.g. +1 for the US).";
        problems.push(Problem::field(name, "invalid_phone", message));
        None
    }

    /// An email address, in lower case. What is wrong with it goes to the problems.
    pub fn email_field(&self, name: &'static str, required: bool, problems: &mut Vec<Problem>) -> Option<String> {
        /// RFC 3696, section 3.
        const MOST: usize = 320;
        let Some(text) = self.text(name) else {
            if required {
                problems.push(Problem::required(name));
            }
            return None;
        };
        let before = problems.len();
        if !is_email(&text) {
            problems.push(Problem::field(name, "invalid", "Enter a valid email address."));
        }
        let length = text.chars().count();
        if length > MOST {
            let message = format!("Ensure this value has at most {MOST} characters (it has {length}).");
            problems.push(Problem::field(name, "max_length", message));
        }
        if text.contains('\0') {
            problems.push(null_characters(name));
        }
        (problems.len() == before).then(|| text.to_lowercase())
    }
}

fn null_characters(name: &'static str) -> Problem {
    Problem::field(name, "null_characters_not_allowed", "Null characters are not allowed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> Input {
        Input(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn values_are_read_as_forms_read_them() {
        let input = input(r#"{"a": " x ", "b": 12, "c": null, "d": "  ", "e": [], "f": true, "g": {}}"#);
        let read = |name| input.text(name);
        assert_eq!((read("a"), read("b"), read("f")), (Some("x".into()), Some("12".into()), Some("True".into())));
        for empty in ["c", "d", "e", "g", "missing"] {
            assert_eq!(read(empty), None, "{empty}");
        }
    }

    #[test]
    fn two_addresses_in_one_field_are_none() {
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
