//! Identity providers: the redirect to a provider, the callback, and the identity that a provider reports.
//!
//! Providers are data: `providers.toml` describes the endpoints of each, its dialect, and where its answers contain the
//! fields of an identity. Code exists only for what data cannot express: Apple's client secret, Facebook's proof,
//! Telegram's hash, LinkedIn's names.
//!
//! Nothing in this module reads a table, a clock or an incoming request. The caller creates the state, the nonce and
//! the verifier, and stores them under a ticket that is valid once. Requests are sent through [`Fetch`]. The only state
//! of this module is a cache of the documents that providers publish, for one hour.

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
