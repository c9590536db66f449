//! What a handler asks of a request before it acts.

use crate::{page, words};
use axum::http::Method;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// Turns away methods that the endpoint does nothing for.
///
/// # Errors
/// 405.
pub fn allow(call: &ApiRequest, method: &Method) -> Result<(), ApiError> {
    if call.method == method { Ok(()) } else { Err(not_allowed(call).into()) }
}

/// That the endpoint does nothing for this method.
pub fn not_allowed(call: &ApiRequest) -> ApiResponse {
    words::detail(405, &format!("Method \"{}\" not allowed.", call.method))
}

/// Turns away a request that may change something and comes from a page whose origin no setting names.
///
/// # Errors
/// 403.
pub fn refuse_foreign_pages(call: &ApiRequest) -> Result<(), ApiError> {
    if !call.is_from_a_foreign_page() {
        return Ok(());
    }
    let origin = call.header("origin").unwrap_or_else(|| "null".into()).chars().take(100).collect::<String>();
    tracing::warn!(
        origin,
        "refused: PUBLIC_URL, CSRF_TRUSTED_ORIGINS and CORS_ALLOWED_ORIGINS do not have the page's origin"
    );
    let reason = format!("Origin checking failed - {origin} does not match any trusted origins.");
    Err(words::detail(403, &format!("CSRF Failed: {reason}")).into())
}

/// Returns what the opening of a link is answered with, if it must not act: HEAD changes nothing, and where
/// `LATCHKEY_LINKS_ASK_FIRST` is set, only the button of the page that GET shows acts.
///
/// # Errors
/// 403 where the button is on a foreign page; 405 for other methods.
pub fn before_acting(call: &ApiRequest) -> Result<Option<ApiResponse>, ApiError> {
    if call.is_head {
        return Ok(Some(ApiResponse::bare(200)));
    }
    if !call.app().settings.jwt_api.links_ask_first {
        return allow(call, &Method::GET).map(|()| None);
    }
    if call.method == Method::GET {
        return Ok(Some(page::ask(call.app())));
    }
    allow(call, &Method::POST)?;
    refuse_foreign_pages(call).map(|()| None)
}
