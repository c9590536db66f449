//! Email addresses and phone numbers of accounts, and the proof that they belong to the user.

pub mod email_addresses;
pub mod email_verification;
pub mod phone;
pub(in crate::flow) mod trust;
