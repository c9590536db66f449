//! Identities of third-party providers: the way to a provider and back, and what its answer leads to.

pub mod authorization;
pub mod dummy;
pub mod identity;
