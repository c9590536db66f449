//! What a handler asks of a request before it acts.

use crate::{page, respond};
use axum::http::Method;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// Turns away a request that may change something and comes from a page whose origin no setting names.
///
/// # Errors
/// 403.
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

/// Returns what the opening of a link is answered with, if it must not act: HEAD changes nothing, and where
/// `LATCHKEY_LINKS_ASK_FIRST` is set, only the button of the page that GET shows acts.
///
/// # Errors
/// 403 where the button is on a foreign page.
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
