//! Operations behind an operator's commands. No request uses them.

#[cfg(test)]
mod fixtures;
pub mod messages;
pub mod migrate;
pub mod restore;
pub mod sessions;
pub mod users;
