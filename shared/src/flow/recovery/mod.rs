//! New passwords: in place of one that is forgotten, and in place of one that is known.

pub mod password_change;
pub mod password_reset;
