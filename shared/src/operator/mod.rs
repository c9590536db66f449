//! The operations of operators: on users, their sessions, waiting messages and API keys. The commands and the admin API
//! share them.
//!
//! Each file holds the operations on one subject. Work on the whole table belongs to
//! [`maintenance`](crate::maintenance), and what users do themselves to [`flow`](crate::flow).

mod access;
mod actor;
mod addresses;
pub mod api_keys;
mod authenticators;
mod change;
mod create;
pub mod find;
mod list;
pub mod messages;
mod password;
pub mod sessions;
mod show;
mod update;

pub use actor::{Actor, Operator};
pub use change::Failure;
pub use create::NewUser;
pub use list::{Listed, list, search};
pub use show::{Details, FailedLogins};
pub use update::Changes;
