//! The operations of an operator's commands. Requests do not use them.

#[cfg(test)]
mod fixtures;
pub mod messages;
pub mod migrate;
pub mod restore;
pub mod sessions;
pub mod users;
