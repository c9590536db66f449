//! Logging in and staying logged in: the login engine and its stages, login by password and by code, the limit of
//! failed logins with its separate share for known devices, reauthentication, the list of sessions, and logout.
//!
//! All APIs complete logins through [`engine`] only. Second factors are in [`super::mfa`], identities of other
//! providers in [`super::identities`].

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
