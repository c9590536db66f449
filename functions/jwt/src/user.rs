//! One's own details.

use crate::call::Call;
use crate::fields::{Fields, Text};
use crate::reply::{Fault, Reply};
use axum::http::Method;
use serde_json::json;
use shared::account::User;
use shared::flow::jwt_api::profile as flow;

/// `GET user/`; `PATCH user/` changes names, and `PUT user/` both of them, where the settings want
/// it. The address is read only.
pub async fn user(call: Call) -> Result<Reply, Fault> {
    const MOST: usize = 150;
    let puts = call.app().settings.jwt_api.user_put_enabled;
    if *call.method() == Method::GET {
        let access = call.access().await?;
        return Ok(shown(&flow::get(&call.app().store, access.user).await?));
    }
    let (user, session) = call.session().await?;
    let optional = match *call.method() {
        Method::PATCH => true,
        Method::PUT if puts => false,
        _ if puts => return Err(call.not_allowed().into()),
        _ => return Err(call.not_allowed().with_header("allow", "GET, HEAD, PATCH, OPTIONS").into()),
    };
    let mut fields = Fields::new(call.fields()?);
    let rule = Text { optional, blank: true, max: MOST, ..Text::default() };
    let first = fields.text("first_name", rule);
    let last = fields.text("last_name", rule);
    fields.check()?;
    let changed = flow::rename(&call.app().store, user, session, first.as_deref(), last.as_deref()).await?;
    Ok(shown(&changed))
}

fn shown(user: &User) -> Reply {
    let email = user.primary_email().unwrap_or_default();
    Reply::json(200, json!({"email": email, "first_name": user.first_name, "last_name": user.last_name}))
}
