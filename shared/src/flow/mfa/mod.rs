//! Second factors and passkeys: using them, setting them up and removing them.

pub mod authenticate;
pub(in crate::flow) mod change;
mod limits;
pub mod pending;
pub mod recovery_codes;
pub mod totp;
pub mod trust;
pub mod webauthn;

pub use change::may_add;
