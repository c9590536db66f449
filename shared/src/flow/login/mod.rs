//! Logging in and staying logged in: the login engine and its stages, the ways in by password and by code, the limit
//! of failed logins and the devices that have a share of their own in it, showing again who one is, the list of sessions, and logging out.
//!
//! Every API lets people in through [`engine`] alone. Second factors are in [`super::mfa`], identities of other providers
//! in [`super::identities`].

pub(in crate::flow) mod api;
pub mod code;
pub mod device;
pub(in crate::flow) mod engine;
pub mod known_password;
pub mod logout;
pub mod password;
pub mod pending;
pub mod reauthentication;
pub mod sessions;
pub(in crate::flow) mod stage;
