//! The service as it is deployed: the real binaries of the functions under a Lambda Runtime API, fed with events of
//! API Gateway, of the table's stream and of a schedule, on a DynamoDB and an SES that they reach over HTTP.
//!
//! Cargo does not build other packages' binaries for a test: `cargo build --workspace --bins` comes first.

mod delivery;
mod deployment;
mod gateway;
mod jwt_api;
mod moto;
mod protected_api;
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
