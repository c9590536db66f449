//! The way of a request: client kind, CSRF, credential, body, and back to a response. And the runners.

mod address;
mod cookies;
mod csrf;
mod exchange;
mod input;
mod lambda;
mod response;
mod route;

pub use address::Peer;
pub use exchange::{Exchange, Rejection};
pub use input::Input;
pub use lambda::{aws_app, run};
pub use response::Answer;
pub use route::{Endpoint, Handled, handler, router};
