//! WebAuthn ceremonies: registration, second factor, and login by a discoverable credential.
//!
//! Pure: options and a state go out, the client's answer and the state come back. Nothing here reads a table, a clock
//! or a request. The caller keeps the state under a ticket that works once, and hands in the user's credentials.
//!
//! The verification is that of [webauthn-rs], by its engine `webauthn-rs-core`: the outer crate ties each kind of
//! credential to one user verification policy, and here the policy is a setting. What the engine leaves to its caller
//! (WebAuthn Level 2, section 7) is in this module: the user handle, the kind of ceremony that a state belongs to,
//! which credentials count, frames of other sites (Level 3), and signatures of keys that the engine does not know.
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

/// Seconds that a ceremony may take: WebAuthn Level 3, section 15.1, recommends 5 to 10 minutes.
pub const CEREMONY_SECONDS: u32 = 600;
