//! What every function of Latchkey shares, from the ground up.
//!
//! No module imports one of a higher layer:
//!
//! | layer | module | what it is |
//! |---|---|---|
//! | 0 | [`clock`] | points in time and the clock, passed as a value |
//! | 0 | [`random`] | the random source, passed as a value |
//! | 0 | [`iri`] | addresses as they travel |
//! | 0 | [`versions`] | how values are kept that a newer version wrote |
//! | 1 | [`settings`] | typed settings, read and checked once at start |
//! | 1 | [`secret`] | tokens, codes, password hashing, keys derived from `SECRET_KEY` |
//! | 1 | [`jwt`] | signed tokens, their keys and families, without a table |
//! | 1 | [`provider`] | identity providers: the way there and back, and who somebody is by their word |
//! | 1 | [`qr`] | pictures that cameras read |
//! | 1 | [`webauthn`] | the ceremonies of security keys and passkeys, without a table |
//! | 2 | [`store`] | the table; nothing outside it knows an expression |
//! | 1 | [`outbound`] | the one HTTP client, for AWS and for identity providers |
//! | 1 | [`metrics`] | numbers for CloudWatch, as lines of the log |
//! | 2 | [`app`] | the above in one value that is handed to everything else |
//! | 3 | [`account`] [`session`] [`throttle`] [`ticket`] [`outbox`] [`tokens`] | the nouns |
//! | 4 | [`flow`] | what a person goes through; returns outcomes, never envelopes |
//! | 4 | [`maintenance`] | what an operator does to the whole table, from the command line |
//! | 5 | [`envelope`] | the responses of the headless API, as types |
//! | 6 | [`http`] | client kind, credential, CSRF, CORS, cookies, errors, the runners |
//! | 7 | [`description`] | the description of all APIs, from their endpoints and types |

pub mod account;
pub mod app;
pub mod clock;
pub mod description;
pub mod envelope;
pub mod flow;
pub mod http;
pub mod iri;
pub mod jwt;
pub mod maintenance;
pub mod metrics;
pub mod outbound;
pub mod outbox;
pub mod provider;
pub mod qr;
pub mod random;
pub mod secret;
pub mod session;
pub mod settings;
pub mod store;
pub mod throttle;
pub mod ticket;
pub mod tokens;
pub mod versions;
pub mod webauthn;
