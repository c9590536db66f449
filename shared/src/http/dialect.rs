//! What one API beside the headless one does in its own way.

use super::error::ApiError;
use super::request::ApiRequest;
use super::response::ApiResponse;
use crate::app::App;
use crate::session::Api;
use futures_util::future::BoxFuture;

/// Whether a request is admitted to its handler.
pub type AdmitFuture<'a> = BoxFuture<'a, Result<(), ApiError>>;

/// Why a request is turned away.
pub type ErrorFuture<'a> = BoxFuture<'a, ApiError>;

/// How an API beside the headless one takes requests and words its responses.
pub trait Dialect: Send + Sync {
    /// The API.
    fn api(&self) -> Api;

    /// Prepares a request for its handler, or turns it away. The endpoint takes its method.
    fn admit<'a>(&'a self, request: &'a mut ApiRequest) -> AdmitFuture<'a>;

    /// Returns why a method that the endpoint does not take is turned away.
    fn refuse_method<'a>(&'a self, _: &'a ApiRequest) -> ErrorFuture<'a> {
        Box::pin(async { ApiError::MethodNotAllowed })
    }

    /// Returns the response to an error: the only place where this API words errors that all APIs have.
    fn of_error(&self, error: ApiError) -> ApiResponse;

    /// Adds the headers that the API's responses have. `methods` is the value of the header `Allow`.
    fn finish(&self, app: &App, methods: &str, response: ApiResponse) -> ApiResponse;
}
