//! New accounts: signing up, and accounts that an operator describes in a file.

pub mod provision;
pub mod sign_up;
