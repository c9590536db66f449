//! What an operator's commands do to the table. No request uses it.

#[cfg(test)]
mod fixtures;
pub mod messages;
pub mod migrate;
pub mod restore;
pub mod sessions;
pub mod users;
