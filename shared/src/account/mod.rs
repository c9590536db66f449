//! Accounts: users, and who holds which address and name. No flows, no tokens, no messages.

mod claims;
mod email;
mod user;
mod username;

pub use claims::{EmailClaim, EmailTaken, NameClaim, can_own, claim_email, find_email_claims, name_key, own_email};
pub use email::is_email;
pub use user::{Address, User, UserId};
pub use username::{UsernameProblem, check_username, fold_username, suggestions};
