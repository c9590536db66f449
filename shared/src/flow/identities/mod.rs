//! Identities of third-party providers: the redirect to a provider and back, and the operations that follow from its
//! answer.

pub mod authorization;
pub mod dummy;
pub mod identity;
