//! The code that all functions of Latchkey share.
//!
//! A module does not import a module of a higher layer:
//!
//! | layer | module | content |
//! |---|---|---|
//! | 0 | [`clock`] | points in time and the clock, passed as a value |
//! | 0 | [`random`] | the random source, passed as a value |
//! | 0 | [`iri`] | percent-encoding of URLs |
//! | 0 | [`versions`] | keeps attributes and values that another version wrote |
//! | 1 | [`settings`] | typed settings, read and checked once at startup |
//! | 1 | [`secret`] | tokens, codes, password hashing, keys derived from `SECRET_KEY` |
//! | 1 | [`jwt`] | signed tokens, their keys and families, without access to the table |
//! | 1 | [`provider`] | identity providers: redirect, callback, and the identity that a provider reports |
//! | 1 | [`qr`] | QR codes |
//! | 1 | [`webauthn`] | the ceremonies of security keys and passkeys, without access to the table |
//! | 1 | [`outbound`] | the only HTTP client, for AWS and for identity providers |
//! | 1 | [`metrics`] | CloudWatch metrics, written as log lines |
//! | 2 | [`store`] | the table; DynamoDB expressions exist only here |
//! | 2 | [`app`] | all of the above in one value, which is passed to the layers above |
//! | 3 | [`account`] [`session`] [`throttle`] [`ticket`] [`outbox`] [`tokens`] | users and addresses; sessions; rate limits; single-use permissions such as links; messages; signing keys in the table |
//! | 4 | [`flow`] | the operations, such as signup or login; they return outcomes, not responses |
//! | 4 | [`maintenance`] | operations on the whole table, started from the command line |
//! | 4 | [`operator`] | the operations of operators on users, sessions, messages and API keys |
//! | 5 | [`envelope`] | the responses of the headless API, as types |
//! | 6 | [`http`] | client kind, credential, CSRF, CORS, cookies, security headers, errors, the Lambda runner and its log |
//! | 6 | [`report`] | checks of the settings, the table and the running service, each with what to do |
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
pub mod operator;
pub mod outbound;
pub mod outbox;
pub mod provider;
pub mod qr;
pub mod random;
pub mod report;
pub mod secret;
pub mod session;
pub mod settings;
pub mod store;
pub mod throttle;
pub mod ticket;
pub mod tokens;
pub mod versions;
pub mod webauthn;
