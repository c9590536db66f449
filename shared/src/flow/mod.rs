//! What a person goes through: signing up, verifying, logging in and out.
//!
//! A flow loads, decides, commits once, and returns an [`Outcome`] or a [`Refusal`]; how that looks to a
//! client is not its business. Several APIs share the flows.
//!
//! A flow takes its [`Context`] first. What needs only one of the service's parts, such as the settings or the table, takes
//! that part.

pub mod addresses;
mod codes;
mod context;
pub mod identities;
pub mod jwt_api;
pub mod login;
pub mod mfa;
mod notify;
mod proven_email;
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

/// Where somebody stands after a flow.
#[derive(Debug)]
pub struct Outcome {
    /// Who they are now.
    pub caller: Caller,
    /// The token of a new session.
    pub issued: Option<SessionToken>,
    /// Whether they have just become somebody.
    pub logged_in: bool,
    /// Whether the session that they came with is no more.
    pub ended: bool,
    /// What the user is shown as, where that is still what it was before the flow, as the reference has it.
    pub shown_as: Option<String>,
}

impl Outcome {
    /// They stand where they stood.
    pub fn unchanged(caller: Caller) -> Self {
        Self { caller, issued: None, logged_in: false, ended: false, shown_as: None }
    }
}

/// A page of the frontend: from the settings alone, never from a request.
fn frontend_url(settings: &Settings, name: &str, fallback: &str, key: &str) -> String {
    let template = settings.headless.frontend_urls.get(name).map_or(fallback, String::as_str);
    let url = crate::iri::to_uri(&template.replace("{key}", key));
    let base = settings.service.public_url.as_str().trim_end_matches('/');
    if url.starts_with('/') { format!("{base}{url}") } else { url }
}

/// An address of the JWT API, as links have it.
fn api_url(settings: &Settings, path: &str) -> String {
    let base = settings.service.public_url.as_str().trim_end_matches('/');
    format!("{base}{}{path}", settings.jwt_api.prefix.as_str())
}
