//! The path of a request: client kind, CSRF, credential, body, handler, and the response. Also the runners.

mod address;
mod body;
mod cookies;
mod csrf;
mod dialect;
mod error;
mod event;
pub mod fields;
mod form;
mod headers;
mod headless;
mod identifier;
mod input;
mod lambda;
mod log;
mod request;
mod response;
mod route;
mod security;
mod service;
mod signup;

pub use address::Peer;
pub use csrf::passes_csrf_check;
pub use dialect::{AdmitFuture, Dialect, ErrorFuture};
pub use error::ApiError;
pub use form::form_fields;
pub use identifier::{CodeRecipient, login_code_identifier, reset_identifier};
pub use input::{Choice, Input};
pub use lambda::{answer, aws_app, run};
pub use request::{ApiRequest, access_token, session_credential};
pub use response::{ApiResponse, NEVER_CACHED, public_json, unavailable};
pub use route::{Base, Endpoint, HandlerFuture, PageFuture, PageRequest, Place, endpoint, handler, page};
pub use security::PagePolicy;
pub use service::service;
pub use signup::{BaseSignup, ProviderSignup, Signup, signup_form};
