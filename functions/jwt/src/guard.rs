//! Checks that handlers make before they act.

use crate::{page, respond};
use axum::http::Method;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// Refuses a request that can change something and comes from a page whose origin the settings do not list.
///
/// # Errors
/// 403 for such a request.
pub fn refuse_cross_site(request: &ApiRequest) -> Result<(), ApiError> {
    if !request.is_cross_site() {
        return Ok(());
    }
    let origin = request.header("origin").unwrap_or_else(|| "null".into()).chars().take(100).collect::<String>();
    tracing::warn!(
        origin,
        "request refused: the page's origin is not in PUBLIC_URL, CSRF_TRUSTED_ORIGINS or CORS_ALLOWED_ORIGINS"
    );
    let reason = format!("Origin checking failed - {origin} does not match any trusted origins.");
    Err(respond::detail(403, &format!("CSRF Failed: {reason}")).into())
}

/// Returns the response to the opening of a link that must not act yet. HEAD changes nothing. With
/// `LATCHKEY_LINKS_ASK_FIRST`, GET shows a page, and only the button of that page acts.
///
/// # Errors
/// 403 if the button is on a foreign page.
pub fn before_acting(request: &ApiRequest) -> Result<Option<ApiResponse>, ApiError> {
    if request.is_head {
        return Ok(Some(ApiResponse::bare(200)));
    }
    if !request.app.settings.jwt_api.links_ask_first {
        return Ok(None);
    }
    if request.method == Method::GET {
        return Ok(Some(page::ask(&request.app)));
    }
    refuse_cross_site(request).map(|()| None)
}
