//! The service as it is deployed: the real binaries of the functions under a Lambda Runtime API, fed with events of
//! API Gateway, of the table's stream and of a schedule, on a DynamoDB and an SES that they reach over HTTP.
//!
//! The binaries are built with the tests. `LATCHKEY_TEST_FUNCTIONS` names a folder of others in their place, such as
//! `target/lambda`, where `cargo lambda build` puts them. What is deployed aborts on a panic, and so does the build of `.ci/run`.

mod commands;
mod delivery;
mod deployment;
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
