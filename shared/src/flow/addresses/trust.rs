//! The addresses of a user that count as verified.

use crate::account::{Address, User, is_same_email};
use crate::settings::{EmailVerification, Settings};

/// Whether the user's address, or any of them if `email` is `None`, counts as verified. An address counts if it is
/// verified. It also counts if it was registered through the JWT API while verification was off, and verification is
/// still off.
pub fn is_email_verified(settings: &Settings, user: &User, email: Option<&str>) -> bool {
    user.addresses
        .iter()
        .any(|address| counts(settings, address) && email.is_none_or(|email| is_same_email(email, &address.email)))
}

/// Whether every address of the user counts as verified.
pub(in crate::flow) fn are_all_verified(settings: &Settings, user: &User) -> bool {
    user.addresses.iter().all(|address| counts(settings, address))
}

fn counts(settings: &Settings, address: &Address) -> bool {
    let on_trust = settings.account.email_verification == EmailVerification::None && address.on_trust;
    address.verified || on_trust
}
