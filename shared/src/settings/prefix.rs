//! Where an API lies whose place is a setting.

use super::values::Value;
use serde_json::Value as Json;

/// Where an API is mounted: empty, or with a slash before and none after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// This one, as it is.
    pub(super) fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Prefix {
    const KIND: &'static str = "path";
    fn from_json(json: &Json) -> Result<Self, String> {
        let given = json.as_str().unwrap_or("?").trim_matches('/');
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/".contains(letter);
        match given {
            "" => Ok(Self::new("")),
            path if path.chars().all(plain) && !path.contains("//") => Ok(Self(format!("/{path}"))),
            _ => Err("must be a path such as /auth, or empty".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_slash_before_it_and_none_after() {
        let read = |text| Prefix::from_text(text).map(|path| path.as_str().to_owned());
        for (text, path) in [("", ""), ("/", ""), ("auth", "/auth"), ("/auth/", "/auth"), ("/api/auth", "/api/auth")] {
            assert_eq!(read(text), Ok(path.to_owned()), "{text}");
        }
        for text in ["/a b", "/{id}", "/a//b", "*", "7"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
