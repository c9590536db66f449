//! How this API accepts requests and formats its responses.

use crate::respond;
use axum::http::header;
use shared::app::App;
use shared::http::{AdmitFuture, ApiError, ApiRequest, ApiResponse, Dialect};
use shared::session::Api;

/// The dialect of this API.
pub struct Flat;

impl Dialect for Flat {
    fn api(&self) -> Api {
        Api::Flat
    }

    fn admit<'a>(&'a self, request: &'a mut ApiRequest) -> AdmitFuture<'a> {
        Box::pin(async move {
            request.client.has_tokens = true;
            // The handler can log a user in. Fetch the signing keys before it changes anything.
            request.keyring().await.map(|_| ())
        })
    }

    fn of_error(&self, error: ApiError) -> ApiResponse {
        respond::of_error(error)
    }

    fn finish(&self, _: &App, methods: &str, response: ApiResponse) -> ApiResponse {
        let response = response.with_header(header::CACHE_CONTROL, "no-store");
        match response.status() {
            401 => response.with_header(header::WWW_AUTHENTICATE, "Bearer"),
            405 => response.with_header(header::ALLOW, methods),
            _ => response,
        }
    }
}
