//! A check of every response, for tests.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::settings::Settings;
use std::sync::Arc;

/// Checks responses.
pub trait Check: Send + Sync {
    /// Checks the response to a request.
    ///
    /// # Errors
    /// A text that says what is wrong with the response. The client gets it with status 500 instead of the response.
    fn check(&self, settings: &Settings, method: &Method, uri: &Uri, answer: &Answer<'_>) -> Result<(), String>;

    /// Returns a new check of the same kind for a service with other settings.
    fn renewed(&self) -> Arc<dyn Check>;
}

/// A response.
pub struct Answer<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// The check of a service with these settings.
#[derive(Clone)]
pub(crate) struct Checked {
    pub check: Arc<dyn Check>,
    pub settings: Arc<Settings>,
}

/// Middleware that checks a response before it is sent.
pub(crate) async fn check(State(checked): State<Checked>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let (parts, body) = next.run(request).await.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let answer = Answer { status: parts.status, headers: &parts.headers, body: &body };
    match checked.check.check(&checked.settings, &method, &uri, &answer) {
        Ok(()) => Response::from_parts(parts, Body::from(body)),
        Err(fault) => {
            tracing::error!(%method, %uri, fault, "a response is not as described");
            let shown = String::from_utf8_lossy(&body);
            let text = format!("{method} {uri}, {}: {fault}\n{shown}\n", parts.status);
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}
