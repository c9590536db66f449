//! Where APIs lie.

use super::{FlatSettings, JwtApiSettings, Settings};

/// Where the endpoints of an API beside the headless one lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mount {
    /// At the root.
    Root,
    /// Where the settings put the JWT API.
    Jwt,
    /// Where the settings put the flat API.
    Flat,
}

impl Mount {
    /// The path before those of its endpoints, unless the settings name another.
    pub fn default_prefix(self) -> &'static str {
        match self {
            Self::Root => "",
            Self::Jwt => JwtApiSettings::DEFAULT_PREFIX,
            Self::Flat => FlatSettings::DEFAULT_PREFIX,
        }
    }

    /// The path before those of its endpoints.
    pub fn configured_prefix(self, settings: &Settings) -> &str {
        match self {
            Self::Root => "",
            Self::Jwt => settings.jwt_api.prefix.as_str(),
            Self::Flat => settings.flat.prefix.as_str(),
        }
    }
}
