//! How this API accepts requests and formats its responses.

use crate::{caller, guard, page, respond, token};
use axum::http::{Method, header};
use shared::app::App;
use shared::http::{AdmitFuture, ApiError, ApiRequest, ApiResponse, Dialect, ErrorFuture, NEVER_CACHED};
use shared::session::Api;
use shared::ticket::Purpose;

/// The dialect of this API, by the credential that an endpoint checks. The handler of the endpoint checks it itself. A
/// method that the endpoint does not support is refused after the credential, as in Django REST framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jwt {
    /// No credential.
    Open,
    /// An access token, if the request has one. An invalid one is refused.
    Optional,
    /// The same, at the link of a verification mail, where the reference answers POST with 405 and no body.
    Link,
    /// An access token.
    User,
    /// A capability in a cookie.
    Capability(Purpose),
}

impl Jwt {
    /// Checks the credential.
    async fn check(self, request: &ApiRequest) -> Result<(), ApiError> {
        match self {
            Self::Open => Ok(()),
            Self::Optional | Self::Link => caller::find_access(request).await.map(|_| ()),
            Self::User => caller::access(request).await.map(|_| ()),
            Self::Capability(purpose) if token::read_capability(request, purpose).is_some() => Ok(()),
            Self::Capability(_) => Err(respond::anonymous().into()),
        }
    }

    fn challenge(self) -> &'static str {
        match self {
            Self::Open | Self::Optional | Self::Link | Self::User => "Bearer realm=\"api\"",
            Self::Capability(_) => "Cookie",
        }
    }
}

impl Dialect for Jwt {
    fn api(&self) -> Api {
        Api::Jwt
    }

    fn admit<'a>(&'a self, request: &'a mut ApiRequest) -> AdmitFuture<'a> {
        Box::pin(async move {
            if !request.app.settings.jwt_api.refresh_token_as_cookie {
                return Ok(());
            }
            request.client.device = request.cookie(&request.app.settings.cookies.device_name);
            // Refuse requests of foreign pages: otherwise such a page could log the browser in, and the login's cookie
            // would stay.
            guard::refuse_cross_site(request)
        })
    }

    fn refuse_method<'a>(&'a self, request: &'a ApiRequest) -> ErrorFuture<'a> {
        Box::pin(async move {
            if let Err(error) = self.check(request).await {
                return error;
            }
            if *self == Self::Link && request.method == Method::POST {
                return ApiResponse::bare(405).into();
            }
            respond::detail(405, &format!("Method \"{}\" not allowed.", request.method)).into()
        })
    }

    fn of_error(&self, error: ApiError) -> ApiResponse {
        respond::of_error(error)
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
        // Responses contain tokens and the URLs of links.
        let response = response.with_header(header::CACHE_CONTROL, NEVER_CACHED);
        response.with_header(header::REFERRER_POLICY, "same-origin")
    }
}
