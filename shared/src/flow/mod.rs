//! What a person goes through: signing up, verifying, logging in and out.
//!
//! A flow loads, decides, commits once, and returns an [`Outcome`] or a [`Refusal`]; how that looks to a
//! client is not its business. Several APIs share the flows.

pub mod email_verification;
pub mod login;
pub mod logout;
pub mod permit;
pub mod pipeline;
mod refusal;
pub mod signup;
mod verify_email;

pub use refusal::{Problem, Refusal};

use crate::session::{Caller, Token};

/// Where somebody stands after a flow.
#[derive(Debug)]
pub struct Outcome {
    /// Who they are now.
    pub caller: Caller,
    /// The token of a new session.
    pub issued: Option<Token>,
    /// Whether they have just become somebody.
    pub logged_in: bool,
    /// Whether the session that they came with is no more.
    pub ended: bool,
}

impl Outcome {
    /// They stand where they stood.
    pub fn unchanged(caller: Caller) -> Self {
        Self { caller, issued: None, logged_in: false, ended: false }
    }
}
