//! Reads fields as the serializers of Django REST framework do, with the same error messages.

use crate::{body, respond};
use serde_json::{Map, Value as Json};
use shared::account::{EmailFault, MOST_EMAIL_CHARACTERS, check_email, lower_email};
use shared::flow::Problem;
use shared::http::{ApiError, ApiRequest};
use shared::secret::normalize_code;

/// The fields of a body, and the problems found in them so far.
pub struct Fields {
    given: Map<String, Json>,
    problems: Vec<Problem>,
}

/// The rules of a text field.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Whether the field can be absent.
    pub optional: bool,
    /// Whether the text can be empty.
    pub blank: bool,
    /// Whether `null` counts as absent.
    pub null: bool,
    /// The minimum number of characters.
    pub min: usize,
    /// The maximum number of characters; 0 for no limit.
    pub max: usize,
    /// Whether the text is a code that people type.
    pub code: bool,
}

impl Text {
    /// Any text that is not empty.
    pub const ANY: Self = Self { optional: false, blank: false, null: false, min: 0, max: 0, code: false };
}

impl Fields {
    /// The maximum number of characters of a name at registration.
    pub const MOST_NAME: usize = 100;

    /// Reads the fields of a request's body.
    ///
    /// # Errors
    /// 400 or 415 for a body without fields.
    pub fn read(request: &ApiRequest) -> Result<Self, ApiError> {
        body::fields(request).map(Self::new)
    }

    /// Creates fields from parsed JSON.
    pub fn new(given: Map<String, Json>) -> Self {
        Self { given, problems: Vec::new() }
    }

    /// Adds a problem of a field.
    pub fn complain(&mut self, name: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) {
        self.problems.push(Problem::field(name, "invalid", message));
    }

    /// Adds several problems.
    pub fn complain_all(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// Reads a text, without the white space around it. Adds a problem if it is invalid.
    pub fn text(&mut self, name: &'static str, rule: Text) -> Option<String> {
        let text = match self.given.get(name) {
            None => {
                if !rule.optional {
                    self.complain(name, "This field is required.");
                }
                return None;
            }
            Some(Json::Null) if rule.null => return None,
            Some(Json::Null) => {
                self.complain(name, "This field may not be null.");
                return None;
            }
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(_) | Json::Array(_) | Json::Object(_)) => {
                self.complain(name, "Not a valid string.");
                return None;
            }
        };
        if text.is_empty() {
            if rule.blank {
                return Some(text);
            }
            self.complain(name, "This field may not be blank.");
            return None;
        }
        let before = self.problems.len();
        // The length limits apply to the normalized code, without dashes and invisible characters.
        let compared = Some(&text).filter(|text| rule.code && !text.contains('\0')).map(|text| normalize_code(text));
        let length = compared.as_ref().unwrap_or(&text).chars().count();
        if rule.max > 0 && length > rule.max {
            self.complain(name, format!("Ensure this field has no more than {} characters.", rule.max));
        }
        if length < rule.min {
            self.complain(name, format!("Ensure this field has at least {} characters.", rule.min));
        }
        if text.contains('\0') {
            self.complain(name, "Null characters are not allowed.");
        }
        (self.problems.len() == before).then_some(text)
    }

    /// Reads an email address, and converts it to lower case. Adds a problem if it is invalid.
    pub fn email(&mut self, name: &'static str, max: usize) -> Option<String> {
        const NO_ADDRESS: &str = "Enter a valid email address.";
        if let Some(Json::Bool(_) | Json::Array(_) | Json::Object(_)) = self.given.get(name) {
            self.complain(name, NO_ADDRESS);
            return None;
        }
        let before = self.problems.len();
        let text = self.text(name, Text { max, ..Text::ANY });
        let given = match (&text, self.given.get(name)) {
            (Some(text), _) => text.clone(),
            (None, Some(Json::String(text))) if !text.trim().is_empty() => text.trim().to_owned(),
            _ => return None,
        };
        match check_email(&given) {
            Ok(_) => {}
            // For an address over the general limit, the caller's own limit produces the message.
            Err(EmailFault::TooLong) if given.chars().count() > MOST_EMAIL_CHARACTERS => {}
            Err(EmailFault::Invalid | EmailFault::TooLong) => self.complain(name, NO_ADDRESS),
        }
        text.filter(|_| self.problems.len() == before).map(|text| lower_email(&text))
    }

    /// Reads an integer. Adds a problem if it is invalid.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let number = match self.given.get(name) {
            None => {
                self.complain(name, "This field is required.");
                return None;
            }
            Some(Json::Null) => {
                self.complain(name, "This field may not be null.");
                return None;
            }
            Some(Json::Number(number)) => {
                let whole = number.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64);
                number.as_i64().or(whole)
            }
            Some(Json::String(text)) => text.trim().trim_end_matches(".0").parse().ok(),
            Some(_) => None,
        };
        if number.is_none() {
            self.complain(name, "A valid integer is required.");
        }
        number
    }

    /// Reads a name as registration accepts it: Latin letters and spaces. Each word gets a capital first letter.
    pub fn name(&mut self, name: &'static str, optional: bool) -> Option<String> {
        let text = self.text(name, Text { optional, max: Self::MOST_NAME, ..Text::ANY })?;
        let letter = |c: char| c.is_ascii_alphabetic() || c == ' ' || matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ');
        if !text.chars().all(letter) {
            self.complain(name, "Incorrect format");
            return None;
        }
        let capital = |word: &str| {
            // The upper case of ß is two letters, SS. Only the first one stays a capital.
            let mut capitals = word.chars().take(1).flat_map(char::to_uppercase);
            let first = capitals.next().map(String::from).unwrap_or_default();
            let rest = capitals.chain(word.chars().skip(1)).collect::<String>();
            first + &rest.to_lowercase()
        };
        Some(text.split(' ').filter(|word| !word.is_empty()).map(capital).collect::<Vec<_>>().join(" "))
    }

    /// Returns whether no problem was found so far.
    pub fn are_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// Refuses the request if a problem was found.
    ///
    /// # Errors
    /// 400 with the problems of each field.
    pub fn check(&self) -> Result<(), ApiError> {
        if self.are_fine() { Ok(()) } else { Err(respond::of_problems(&self.problems).into()) }
    }
}

/// The error for a required value that is absent. [`Fields::check`] reports absent fields first, so clients never see
/// this error.
pub fn missing() -> ApiError {
    respond::of_problems(&[Problem::general("required", "This field is required.")]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(json: Json) -> Fields {
        Fields::new(json.as_object().cloned().unwrap_or_default())
    }

    fn messages(fields: &Fields) -> Vec<&str> {
        fields.problems.iter().map(|problem| problem.message.as_ref()).collect()
    }

    #[test]
    fn texts_are_validated_as_in_django_rest_framework() {
        let rule = Text { min: 6, max: 6, code: true, ..Text::ANY };
        for (given, message) in [
            (json!({}), "This field is required."),
            (json!({"code": null}), "This field may not be null."),
            (json!({"code": true}), "Not a valid string."),
            (json!({"code": []}), "Not a valid string."),
            (json!({"code": "  "}), "This field may not be blank."),
            (json!({"code": "12345"}), "Ensure this field has at least 6 characters."),
            (json!({"code": "1234567"}), "Ensure this field has no more than 6 characters."),
            (json!({"code": "12345\u{0}"}), "Null characters are not allowed."),
        ] {
            let mut fields = fields(given);
            assert_eq!(fields.text("code", rule), None);
            assert_eq!(messages(&fields), [message]);
        }
        assert_eq!(fields(json!({"code": 123456})).text("code", rule).as_deref(), Some("123456"));
        for typed in ["123 456", "123\u{2013}456", "\u{200b}123456", "１２３４５６"] {
            assert_eq!(fields(json!({"code": typed})).text("code", rule).as_deref(), Some(typed), "{typed:?}");
        }
    }

    #[test]
    fn names_have_only_latin_letters_and_are_capitalized() {
        let name = |text: &str| fields(json!({"first_name": text})).name("first_name", false);
        assert_eq!(name("anna  LEE").as_deref(), Some("Anna Lee"));
        assert_eq!(name("élodie ßen").as_deref(), Some("Élodie Ssen"));
        assert!(name("R2D2").is_none() && name("O'Neil").is_none() && name("Šimon").is_none());
    }
}
