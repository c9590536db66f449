//! Accounts: users, and who holds which address and name. No flows, no tokens, no messages.

mod authenticator;
mod claims;
mod email;
mod phone;
mod user;
mod username;

pub use authenticator::{Authenticator, Factor, TotpSecret};
pub use claims::{
    CredentialClaim, EmailClaim, EmailTaken, IdentityClaim, NameClaim, PhoneClaim, can_own, claim_email,
    find_email_claims, find_phone_claim, identity_claim_key, name_key, own_email, release_email,
};
pub use email::is_email;
pub use phone::is_phone;
pub use user::{Address, IdentityLink, Phone, User, UserId};
pub use username::{UsernameProblem, check_username, fold_username, suggestions};
