//! How this API takes requests and words its responses.

use crate::{guard, page, words};
use axum::http::{Method, header};
use shared::app::App;
use shared::http::{Admitted, ApiError, ApiRequest, ApiResponse, Dialect, NEVER_CACHED};
use shared::session::Api;

/// The dialect of this API, by what an endpoint's 401 asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jwt {
    /// An access token.
    Bearer,
    /// A capability in a cookie.
    Cookie,
}

impl Jwt {
    fn challenge(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer realm=\"api\"",
            Self::Cookie => "Cookie",
        }
    }
}

impl Dialect for Jwt {
    fn api(&self) -> Api {
        Api::Jwt
    }

    fn admit<'a>(&'a self, request: &'a mut ApiRequest, _: &'a [Method]) -> Admitted<'a> {
        Box::pin(async move {
            if !request.app.settings.jwt_api.refresh_token_as_cookie {
                return Ok(());
            }
            request.client.device = request.cookie(&request.app.settings.cookies.device_name);
            // A login that a foreign page causes would leave its cookie here.
            guard::refuse_foreign_pages(request)
        })
    }

    fn of_error(&self, error: ApiError) -> ApiResponse {
        words::of_error(error)
    }

    fn finish(&self, app: &App, methods: &str, response: ApiResponse) -> ApiResponse {
        let response = match response.status() {
            401 => response.with_header(header::WWW_AUTHENTICATE, self.challenge()),
            405 if !response.has_header("allow") => response.with_header(header::ALLOW, methods),
            _ => response,
        };
        let needs_policy = response.is_page() && !response.has_header("content-security-policy");
        let response = if needs_policy {
            response.with_header(header::CONTENT_SECURITY_POLICY, &page::policy(app))
        } else {
            response
        };
        // Responses hold tokens, and addresses of links.
        let response = response.with_header(header::CACHE_CONTROL, NEVER_CACHED);
        response.with_header(header::REFERRER_POLICY, "same-origin")
    }
}
