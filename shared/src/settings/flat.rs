//! The settings of the flat API.

use super::declaration::section;
use super::prefix::Prefix;

section! {
    /// The flat API.
    FlatSettings {
        /// Path of the flat API (Latchkey only). `/` is the root. An empty prefix turns the API off. It is also off if
        /// `JWT_ALLAUTH_PREFIX` has the same value and this setting is unset.
        prefix: Prefix = "HEADLESS_FLAT_PREFIX", Prefix::new(FlatSettings::DEFAULT_PREFIX);
        /// Lifetime of the flat API's access tokens in seconds.
        token_lifetime: i64 = "HEADLESS_TOKEN_LIFETIME", 3600;
    }
}

impl FlatSettings {
    /// The default path of the flat API.
    pub const DEFAULT_PREFIX: &'static str = "/auth";

    /// Returns whether the flat API is served.
    pub fn is_on(&self) -> bool {
        self.prefix.is_on()
    }

    pub(super) fn check(&self, problems: &mut Vec<String>) {
        if self.is_on() && self.token_lifetime < 1 {
            problems.push("HEADLESS_TOKEN_LIFETIME: must be at least 1".to_owned());
        }
    }
}
