//! The path of an API, which is a setting.

use super::values::Value;
use serde_json::Value as Json;

/// The path of an API, or that the API is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(Option<String>);

impl Prefix {
    /// An API that is off.
    pub(super) const OFF: Self = Self(None);

    /// Returns the prefix for this path, which starts with a slash and does not end with one. The empty path is the
    /// root.
    pub(super) fn new(path: &str) -> Self {
        Self(Some(path.to_owned()))
    }

    /// Returns whether the API is served.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the path. It is empty at the root, or starts with a slash and does not end with one. An API that is off
    /// also has the empty path.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Value for Prefix {
    const KIND: &'static str = "path";
    fn from_json(json: &Json) -> Result<Self, String> {
        let given = json.as_str().unwrap_or("?").trim_matches('/');
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/".contains(letter);
        match given {
            "" if json.as_str() == Some("") => Ok(Self::OFF),
            "" => Ok(Self::new("")),
            path if path.chars().all(plain) && !path.contains("//") => Ok(Self::new(&format!("/{path}"))),
            _ => Err("must be a path such as /auth, / for the root, or empty to turn the API off".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.0.clone().map_or_else(String::new, |path| if path.is_empty() { "/".to_owned() } else { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_prefix_is_off_and_a_slash_is_the_root() {
        assert!(!Prefix::from_text("").unwrap().is_on());
        assert!(Prefix::from_text("/").unwrap().is_on());
    }

    #[test]
    fn a_path_starts_with_a_slash_and_does_not_end_with_one() {
        let read = |text| Prefix::from_text(text).map(|path| path.as_str().to_owned());
        for (text, path) in [("/", ""), ("auth", "/auth"), ("/auth/", "/auth"), ("/api/auth", "/api/auth")] {
            assert_eq!(read(text), Ok(path.to_owned()), "{text}");
        }
        for text in ["/a b", "/{id}", "/a//b", "*", "7"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
