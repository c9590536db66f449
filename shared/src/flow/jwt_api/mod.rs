//! What people do through the JWT API alone: its logins end in tokens rather than in sessions with a token of their own,
//! and its links carry capabilities. Accounts, limits, mails, the login engine and the rules of a session are those of the
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
