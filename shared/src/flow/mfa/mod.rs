//! Second factors and passkeys: showing one, setting one up, and removing it.

pub mod second_factor;
pub mod webauthn;
