//! The service as it is deployed: the real binaries of the functions under a Lambda Runtime API, fed with events of
//! API Gateway, of the table's stream and of a schedule, on a DynamoDB and an SES that they reach over HTTP.
//!
//! The binaries are built with the tests: `tests/Cargo.toml` names the `main.rs` of each function.

mod delivery;
mod deployment;
mod gateway;
mod jwt_api;
mod moto;
mod requests;
mod routes;
mod runtime;
pub mod server;
mod ses;
mod startup;
mod table;
mod template;
mod tokens;
mod walk;
