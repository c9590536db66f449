//! The description of all APIs (OpenAPI 3.1): the requests and responses of each endpoint.
//!
//! Each function's crate lists its [`Operation`]s next to its endpoints, and a test of that crate compares the two
//! lists ([`differences`]). [`document()`] joins them to one document, which is committed and served. The endpoints
//! define the path of an operation and the setting that it depends on. The operation contains the rest. Functions never
//! call this module, so their binaries do not contain it.
//!
//! Everything that depends on a setting is marked: see [`IF`], [`REQUIRED_IF`] and [`VALUES_IF`].

mod document;
pub mod headless;
mod operation;
mod reply;
mod schemas;

pub use document::{Part, differences, document};
pub use operation::{Operation, Parameter, Tag};
pub use reply::{Header, Reply, one_of};
pub use schemas::SchemaOf;

/// Marks an object that is in the description only if one of these conditions is met.
pub const IF: &str = "x-latchkey-if";
/// Marks a property that is required only if one of these conditions is met.
pub const REQUIRED_IF: &str = "x-latchkey-required-if";
/// Marks an `enum`: the values that depend on a condition.
pub const VALUES_IF: &str = "x-latchkey-values-if";
/// Marks a path: the API that it belongs to.
pub const API: &str = "x-latchkey-api";
/// Marks a path below a prefix from the settings: the name of its [`crate::settings::Mount`].
pub const MOUNT: &str = "x-latchkey-mount";
