//! Tests of the service as it is deployed. They run the real binaries of the functions under a Lambda Runtime API, and
//! send them events of API Gateway, of the table's stream and of a schedule. The functions reach a DynamoDB and an SES
//! over HTTP.
//!
//! The binaries are built with the tests. If `LATCHKEY_TEST_FUNCTIONS` names a folder, the tests run the binaries in
//! that folder instead, for example `target/lambda`, where `cargo lambda build` puts them. Deployed binaries abort on a
//! panic, and so do those that `.ci/run` builds.

mod commands;
mod delivery;
mod deployment;
mod doctor;
mod gateway;
mod jwt_api;
mod malformed;
mod moto;
mod pages;
mod panics;
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
