//! New passwords: resetting a forgotten password and changing a known one.

pub mod password_change;
pub mod password_reset;
