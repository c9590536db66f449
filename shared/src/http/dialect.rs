//! The differences between an API and the headless API.

use super::error::ApiError;
use super::request::ApiRequest;
use super::response::ApiResponse;
use crate::app::App;
use crate::session::Api;
use futures_util::future::BoxFuture;

/// The result of the checks before the handler.
pub type AdmitFuture<'a> = BoxFuture<'a, Result<(), ApiError>>;

/// The reason why a request is refused.
pub type ErrorFuture<'a> = BoxFuture<'a, ApiError>;

/// The rules by which an API other than the headless one accepts requests and writes its responses.
pub trait Dialect: Send + Sync {
    /// Returns the API.
    fn api(&self) -> Api;

    /// Prepares a request for its handler, or refuses it. The endpoint accepts its method.
    fn admit<'a>(&'a self, request: &'a mut ApiRequest) -> AdmitFuture<'a>;

    /// Returns the error for a method that the endpoint does not accept.
    fn refuse_method<'a>(&'a self, _: &'a ApiRequest) -> ErrorFuture<'a> {
        Box::pin(async { ApiError::MethodNotAllowed })
    }

    /// Returns the response to an error. Only here does this API write the errors that all APIs have.
    fn of_error(&self, error: ApiError) -> ApiResponse;

    /// Adds the headers that all responses of the API have. `methods` is the value of the header `Allow`.
    fn finish(&self, app: &App, methods: &str, response: ApiResponse) -> ApiResponse;
}
