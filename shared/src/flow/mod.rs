//! The operations of the service, such as signing up, verifying an address, logging in and logging out.
//!
//! A flow reads its data, decides, commits once, and returns an [`Outcome`] or a [`Refusal`]. It does not build
//! responses, because several APIs share the flows.
//!
//! The first parameter of a flow is its [`Context`]. A flow that needs only one part of the service, such as the
//! settings or the table, takes that part.

pub mod addresses;
mod codes;
mod context;
pub mod identities;
pub mod jwt_api;
pub mod login;
pub mod mfa;
pub(crate) mod notify;
pub(crate) mod proven_email;
pub mod proven_identity;
pub mod recovery;
mod refusal;
mod reservations;
pub mod signup;
pub mod token_refresh;

pub use context::Context;
pub use refusal::{FactorProblem, Problem, Refusal};

use crate::session::{Caller, SessionToken};
use crate::settings::Settings;

/// The state of the caller after a flow.
#[derive(Debug)]
pub struct Outcome {
    /// The caller.
    pub caller: Caller,
    /// The token of a new session.
    pub issued: Option<SessionToken>,
    /// Whether the flow has logged the caller in.
    pub logged_in: bool,
    /// Whether the session of the request has ended.
    pub ended: bool,
    /// The display name of the user before the flow, if the response has to contain that one, as in django-allauth.
    pub shown_as: Option<String>,
}

impl Outcome {
    /// The outcome of a flow that leaves the caller as it was.
    pub fn unchanged(caller: Caller) -> Self {
        Self { caller, issued: None, logged_in: false, ended: false, shown_as: None }
    }
}

/// The URL of a path of the JWT API, for links.
fn api_url(settings: &Settings, path: &str) -> String {
    let base = settings.service.public_url.as_str().trim_end_matches('/');
    format!("{base}{}{path}", settings.jwt_api.prefix.as_str())
}
