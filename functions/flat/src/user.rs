//! Who one is, and being so no longer.

use crate::endpoint;
use crate::reply::Reply;
use serde_json::json;
use shared::envelope::user_data;
use shared::flow::login::logout;
use shared::http::{Exchange, Rejection};
use shared::session::Caller;

/// `GET user/`.
pub async fn user(exchange: Exchange) -> Result<Reply, Rejection> {
    let (user, _) = endpoint::user(&exchange).await?;
    Ok(Reply::ok(json!({"user": user_data(&exchange.app.settings, &user)})))
}

/// `POST logout/`: ends the session, and with it its tokens.
pub async fn logout(exchange: Exchange) -> Result<Reply, Rejection> {
    let parts = endpoint::user(&exchange).await?;
    logout::logout(&exchange.app.store, Caller::User(Box::new(parts))).await?;
    Ok(Reply::ok(json!({})))
}
