//! Where people can be reached: email addresses and phone numbers, and the proof that they are the account's own.

pub mod email_addresses;
pub mod email_verification;
pub mod phone;
pub(in crate::flow) mod trust;
