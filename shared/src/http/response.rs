//! The response of a handler, in every API.

use crate::account::UserId;
use crate::envelope::{Authentication, Bare, Data, ErrorResponse};
use crate::flow::Problem;
use crate::iri;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use std::fmt;

/// The value of the header `Cache-Control` for responses that can contain tokens or the addresses of links.
pub const NEVER_CACHED: &str = "max-age=0, no-cache, no-store, must-revalidate, private";

/// The response of a handler. The API adds the headers that all its responses have.
pub struct ApiResponse {
    status: u16,
    content: Content,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The value of a browser's new session cookie in the headless API; `Some(None)` removes the cookie.
    pub(super) session: Option<Option<String>>,
    /// The value of the cookie of a trusted browser in the headless API. Such a browser can skip the second factor.
    pub(super) trust: Option<String>,
    /// The user that this response logs in.
    pub(super) logged_in_user: Option<UserId>,
}

enum Content {
    Written(Vec<u8>),
    Html(String),
    Nothing,
}

// A response can contain tokens, so only its status is printed.
impl fmt::Debug for ApiResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

impl<const N: u16> From<Bare<N>> for ApiResponse {
    fn from(body: Bare<N>) -> Self {
        Self::of(N, &body)
    }
}

impl From<Authentication<'_>> for ApiResponse {
    fn from(authentication: Authentication<'_>) -> Self {
        match authentication {
            Authentication::Authenticated(body) => Self::of(200, &body),
            Authentication::Unauthenticated(body) => Self::of(401, &body),
            Authentication::Gone(body) => Self::of(410, &body),
        }
    }
}

impl ApiResponse {
    fn new(status: u16, content: Content) -> Self {
        Self { status, content, headers: Vec::new(), session: None, trust: None, logged_in_user: None }
    }

    /// Returns a response with this value as JSON.
    pub fn of(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self::new(status, Content::Written(body)),
            // Only a map whose keys are not texts fails, and no response has one.
            Err(error) => {
                tracing::error!(%error, "a response could not be written");
                Self::bare(500)
            }
        }
    }

    /// Returns 200 with data, for the headless API.
    pub fn data(data: impl Serialize) -> Self {
        Self::of(200, &Data::<_, 200>::new(data))
    }

    /// Returns the problems of the input, for the headless API.
    pub fn problems(status: u16, problems: &[Problem]) -> Self {
        Self::of(status, &ErrorResponse::new(status, problems))
    }

    /// Returns an HTML page.
    pub fn html(status: u16, page: String) -> Self {
        Self::new(status, Content::Html(page))
    }

    /// Returns a response without a body.
    pub fn bare(status: u16) -> Self {
        Self::new(status, Content::Nothing)
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns whether the body is an HTML page.
    pub fn is_page(&self) -> bool {
        matches!(self.content, Content::Html(_))
    }

    /// Returns whether the response has this header already.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(there, _)| there == name)
    }

    /// Adds a header. A value that is not valid in a header is ignored.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// Adds a cookie, if there is one: the value of a `Set-Cookie` header.
    pub fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        self.headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        self
    }

    /// Adds the header `Location`. Characters of the address that are not valid in a header are percent-encoded.
    pub fn with_location(mut self, address: &str) -> Self {
        let value = HeaderValue::try_from(iri::to_uri(address)).ok();
        self.headers.extend(value.map(|value| (header::LOCATION, value)));
        self
    }

    /// Records that the response logs this user in, for the metrics.
    pub fn with_login(self, user: UserId) -> Self {
        Self { logged_in_user: Some(user), ..self }
    }

    /// Returns the HTTP response, with the headers that were added, and the type of its content.
    pub(super) fn into_response(self) -> Response<Body> {
        let (kind, body) = match self.content {
            Content::Written(json) => (Some("application/json"), json.into()),
            Content::Html(page) => (Some("text/html; charset=utf-8"), page.into()),
            Content::Nothing => (None, Body::empty()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}

/// Returns a JSON response that contains no data of a client.
pub(super) fn plain<const N: u16>(body: Bare<N>) -> Response<Body> {
    ApiResponse::from(body).into_response()
}

/// Returns the response for a page that cannot be rendered.
pub fn unavailable(error: &dyn std::error::Error) -> Response<Body> {
    tracing::error!(%error, "page could not be rendered");
    plain(Bare::<503>::default())
}

/// Returns a document that is the same for all callers and can be cached for this number of seconds.
pub fn public_json(document: &impl Serialize, seconds: u32) -> Response<Body> {
    let document = ApiResponse::of(200, document);
    document.with_header(header::CACHE_CONTROL, &format!("public, max-age={seconds}")).into_response()
}
