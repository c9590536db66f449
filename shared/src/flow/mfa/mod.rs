//! Second factors and passkeys: showing one, setting one up, and removing it.

pub mod authenticate;
pub(in crate::flow) mod change;
mod limits;
pub mod pending;
pub mod recovery_codes;
pub mod totp;
pub mod trust;
pub mod webauthn;

pub use change::may_add;
