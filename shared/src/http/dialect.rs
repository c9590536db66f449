//! What one API beside the headless one does in its own way.

use super::error::ApiError;
use super::request::ApiRequest;
use super::response::ApiResponse;
use crate::app::App;
use crate::session::Api;
use axum::http::Method;
use futures_util::future::BoxFuture;

/// Whether a request is admitted to its handler.
pub type Admitted<'a> = BoxFuture<'a, Result<(), ApiError>>;

/// How an API beside the headless one takes requests and words its responses. Its endpoints are asked for every method
/// but OPTIONS.
pub trait Dialect: Send + Sync {
    /// The API.
    fn api(&self) -> Api;

    /// Prepares a request for its handler, or turns it away. `methods` are those that the endpoint does something for.
    fn admit<'a>(&'a self, request: &'a mut ApiRequest, methods: &'a [Method]) -> Admitted<'a>;

    /// Returns the response to an error: the only place where this API words errors that all APIs have.
    fn of_error(&self, error: ApiError) -> ApiResponse;

    /// Adds the headers that the API's responses have. `methods` is the value of the header `Allow`.
    fn finish(&self, app: &App, methods: &str, response: ApiResponse) -> ApiResponse;
}
