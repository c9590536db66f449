//! The operations that only the JWT API has. Its logins end with signed tokens instead of a session token, and its
//! links carry capabilities. It shares accounts, limits, mails, the login engine and the rules of sessions with the
//! other flows.

pub mod invitation;
mod links;
pub mod login;
mod login_state;
pub mod password;
pub mod profile;
pub mod registration;
pub mod reset;
pub mod second_factor;
pub mod sessions;
pub mod verification;

pub use crate::flow::addresses::trust::is_email_verified;
pub use login_state::LoginState;
