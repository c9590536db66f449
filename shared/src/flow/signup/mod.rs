//! New accounts: signing up, and accounts that an operator writes down.

pub mod provision;
pub mod sign_up;
