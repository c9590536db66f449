//! The way of a request: client kind, CSRF, credential, body, and back to a response. And the runners.

mod address;
mod cookies;
mod csrf;
mod exchange;
mod input;
mod lambda;
mod response;
mod route;
mod signup;

pub use address::Peer;
pub use exchange::{Exchange, Rejection};
pub use input::{Choice, Input};
pub use lambda::{aws_app, run};
pub use response::Answer;
pub use route::{Endpoint, Handled, Mount, Shown, Visit, handler, other, page, public_json, router};
pub use signup::signup_form;
