//! Third-party identities: the way to a provider, the way back, and who somebody is by its word.
//!
//! Providers are data: `providers.toml` says where each is, how it is asked, and where in its answers an identity
//! stands. Code is there only for what data cannot say: what Apple has for a secret, Facebook's proof, Telegram's
//! hash, LinkedIn's names.
//!
//! Nothing here reads a table, a clock or a request. State, nonce and verifier are the caller's, kept under a ticket
//! that works once; requests go out over [`Fetch`]. The one thing that is kept are the documents that providers
//! publish, for an hour.

mod apple;
mod authorize;
mod config;
mod discovery;
mod display;
mod documents;
mod engine;
mod error;
mod exchange;
mod facebook;
mod fetch;
mod id_token;
mod identify;
mod identity;
mod keys;
mod native;
mod net;
mod profile;
mod table;
mod telegram;
mod template;
#[cfg(test)]
mod tests;
mod tokens;

pub use authorize::Redirect;
pub use config::{AppConfig, ConfigError, DUMMY};
pub use discovery::configuration_url;
pub use documents::{KEPT, REFETCH};
pub use engine::{Engine, Provider};
pub use error::{InvalidToken, ProviderError};
pub use exchange::Callback;
pub use fetch::HttpFetch;
pub use id_token::LEEWAY;
pub use identity::{Address, Identity, MAX_SUBJECT, Replay, identity_key};
pub use native::NativeToken;
pub use net::{Fetch, FetchError, FetchFuture, MAX_ANSWER, PlainHttp};
pub use table::known;
pub use tokens::ProviderTokens;
