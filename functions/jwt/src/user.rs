//! One's own details.

use crate::caller;
use crate::fields::{Fields, Text};
use crate::guard;
use axum::http::{Method, header};
use serde_json::json;
use shared::account::User;
use shared::flow::jwt_api::profile as flow;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `GET user/`; `PATCH user/` changes names, and `PUT user/` both of them, where the settings want
/// it. The address is read only.
pub async fn user(call: ApiRequest) -> Result<ApiResponse, ApiError> {
    const MOST: usize = 150;
    let puts = call.app().settings.jwt_api.user_put_enabled;
    if call.method == Method::GET {
        let access = caller::access(&call).await?;
        return Ok(shown(&flow::get(&call.app().store, access.user).await?));
    }
    let (user, session) = caller::session(&call).await?;
    let optional = match call.method {
        Method::PATCH => true,
        Method::PUT if puts => false,
        _ if puts => return Err(guard::not_allowed(&call).into()),
        _ => return Err(guard::not_allowed(&call).with_header(header::ALLOW, "GET, HEAD, PATCH, OPTIONS").into()),
    };
    let mut fields = Fields::read(&call)?;
    let rule = Text { optional, blank: true, max: MOST, ..Text::default() };
    let first = fields.text("first_name", rule);
    let last = fields.text("last_name", rule);
    fields.check()?;
    let changed = flow::rename(&call.app().store, user, session, first.as_deref(), last.as_deref()).await?;
    Ok(shown(&changed))
}

fn shown(user: &User) -> ApiResponse {
    let email = user.primary_email().unwrap_or_default();
    ApiResponse::json(200, json!({"email": email, "first_name": user.first_name, "last_name": user.last_name}))
}
