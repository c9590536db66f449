//! WebAuthn ceremonies: registration, second factor, and login with a discoverable credential.
//!
//! The module has no I/O. A ceremony starts with options and a state, and ends with the client's answer and that state.
//! Nothing here reads a table, a clock or a request. The caller stores the state under a ticket that is valid once, and
//! passes the user's credentials.
//!
//! The verification is that of [webauthn-rs], through its engine `webauthn-rs-core`. The outer crate binds each kind of
//! credential to one user verification policy, but here the policy is a setting. This module implements what the engine
//! leaves to its caller (WebAuthn Level 2, section 7): the user handle, the kind of ceremony that a state belongs to,
//! the accepted credentials, frames of other sites (Level 3), and signatures of keys that the engine does not support.
//!
//! [webauthn-rs]: https://docs.rs/webauthn-rs

mod attestation;
mod ceremonies;
mod client_data;
mod credential;
mod error;
mod keys;
mod policy;
mod response;
mod state;
#[cfg(test)]
mod tests;

pub use ceremonies::{Authenticated, Ceremonies};
pub use credential::Credential;
pub use error::{CeremonyError, VerificationError};
pub use policy::{Policy, SetupError, UserVerification};
pub use response::credential_field;

/// Time limit of a ceremony in seconds. WebAuthn Level 3, section 15.1, recommends 5 to 10 minutes.
pub const CEREMONY_SECONDS: u32 = 600;
