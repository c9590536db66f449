//! What an operator does to the whole table, from the command line. No request comes here.

#[cfg(test)]
mod fixtures;
pub mod migrate;
pub mod restore;
