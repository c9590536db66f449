//! One's own details.

use crate::caller;
use crate::fields::{Fields, Text};
use axum::http::Method;
use serde_json::json;
use shared::account::User;
use shared::flow::jwt_api::profile as flow;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `GET user/`; `PATCH user/` changes names, and `PUT user/` both of them, where the settings want
/// it. The address is read only.
pub async fn user(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    const MOST: usize = 150;
    if request.method == Method::GET {
        let access = caller::access(&request).await?;
        return Ok(shown(&flow::get(&request.app.store, access.user).await?));
    }
    let (user, session) = caller::session(&request).await?;
    let optional = request.method == Method::PATCH;
    let mut fields = Fields::read(&request)?;
    let rule = Text { optional, blank: true, max: MOST, ..Text::default() };
    let first = fields.text("first_name", rule);
    let last = fields.text("last_name", rule);
    fields.check()?;
    let changed = flow::rename(&request.app.store, user, session, first.as_deref(), last.as_deref()).await?;
    Ok(shown(&changed))
}

fn shown(user: &User) -> ApiResponse {
    let email = user.primary_email().unwrap_or_default();
    ApiResponse::json(200, json!({"email": email, "first_name": user.first_name, "last_name": user.last_name}))
}
