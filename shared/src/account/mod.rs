//! Accounts: users, their authenticators, and their claims on addresses and names. No flows, tokens or messages belong
//! here.

mod authenticator;
mod claims;
mod email;
mod phone;
mod user;
mod username;

pub use authenticator::{Authenticator, Factor, TotpSecret};
pub use claims::{
    CredentialClaim, EmailClaim, EmailTaken, IdentityClaim, NameClaim, PhoneClaim, can_own, claim_email,
    email_claim_key, find_email_claims, find_name_claims, find_phone_claim, identity_claim_key, own_email,
    release_email, replace_email_claims,
};
#[cfg(test)]
pub(crate) use email::tests as email_samples;
pub use email::{
    EmailFault, EmailKey, MOST_EMAIL_CHARACTERS, check_email, deliverable_email, is_email, is_same_email, lower_email,
};
pub use phone::{is_phone, read_phone};
pub use user::{Address, IdentityLink, Phone, User, UserId};
pub use username::{UsernameProblem, check_username, fold_username, suggestions};

/// Returns the key that limits on a login name count by: the key of an email address, or the folded username.
pub fn identifier_key(text: &str) -> String {
    if is_email(text) { EmailKey::of(text).as_str().to_owned() } else { fold_username(text) }
}
