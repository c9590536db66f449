//! The paths of the APIs.

use super::{FlatSettings, JwtApiSettings, Settings};

/// The place of the endpoints of an API other than the headless one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mount {
    /// At the root.
    Root,
    /// At the path of the JWT API in the settings.
    Jwt,
    /// At the path of the flat API in the settings.
    Flat,
}

impl Mount {
    /// Returns the default path prefix of its endpoints.
    pub fn default_prefix(self) -> &'static str {
        match self {
            Self::Root => "",
            Self::Jwt => JwtApiSettings::DEFAULT_PREFIX,
            Self::Flat => FlatSettings::DEFAULT_PREFIX,
        }
    }

    /// Returns the path prefix of its endpoints with these settings.
    pub fn configured_prefix(self, settings: &Settings) -> &str {
        match self {
            Self::Root => "",
            Self::Jwt => settings.jwt_api.prefix.as_str(),
            Self::Flat => settings.flat.prefix.as_str(),
        }
    }
}
