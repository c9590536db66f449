//! The description of all APIs (OpenAPI 3.1): what each endpoint takes, and what it answers.
//!
//! Each function's crate lists its [`Operation`]s beside its endpoints, and a test of that crate compares the two lists
//! ([`differences`]). [`document()`] joins them to one document, which is committed and served. The endpoints say where an
//! operation lies and which setting it depends on; the operation says the rest. Functions never call this module, so their
//! binaries do not contain it.
//!
//! Whatever depends on a setting is marked: see [`IF`], [`REQUIRED_IF`] and [`VALUES_IF`].

mod document;
pub mod headless;
mod operation;
mod reply;
mod schemas;

pub use document::{Part, differences, document};
pub use operation::{Operation, Parameter, Tag};
pub use reply::{Header, Reply, one_of};
pub use schemas::SchemaOf;

/// The marker of an object that is in the description only if one of these conditions holds.
pub const IF: &str = "x-latchkey-if";
/// The marker of a property that is required only if one of these conditions holds.
pub const REQUIRED_IF: &str = "x-latchkey-required-if";
/// The marker beside an `enum`: which of its values depend on a condition.
pub const VALUES_IF: &str = "x-latchkey-values-if";
/// The marker of a path: the API that it belongs to.
pub const API: &str = "x-latchkey-api";
/// The marker of a path that lies below a prefix from the settings: the name of its [`crate::settings::Mount`].
pub const MOUNT: &str = "x-latchkey-mount";
