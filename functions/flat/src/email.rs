//! Verification of email addresses.

use crate::endpoint::caller;
use crate::reply::Reply;
use shared::flow::addresses::email_verification;
use shared::http::{Exchange, Rejection};

/// `POST email/verify/`: `key` is that of the link, or a code. A code is for whoever asked for it: `token` is the
/// `flow_token` of that answer. With it, a login that waited goes on.
pub async fn verify(exchange: Exchange) -> Result<Reply, Rejection> {
    let cx = exchange.context();
    let input = exchange.input()?;
    let (key, token) = (input.text("key"), input.text("token"));
    let caller = caller(&exchange, token.as_deref()).await?;
    email_verification::enter(cx, &caller).await?;
    let outcome = email_verification::verify(cx, caller, key.as_deref()).await?;
    Reply::done(&exchange, &outcome, token.as_deref()).await
}
