//! The operations of an operator's commands that work on the whole table. Requests do not use them.

#[cfg(test)]
mod fixtures;
pub mod migrate;
pub mod restore;
