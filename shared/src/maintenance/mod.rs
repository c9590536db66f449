//! Operations on the whole table, for an operator's commands. No request uses them.

#[cfg(test)]
mod fixtures;
pub mod migrate;
pub mod restore;
