//! What a client needs to know before anybody logs in.

use shared::envelope;
use shared::http::{Answer, Endpoint, Exchange, Rejection, handler};

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use axum::http::Method;
    vec![handler("config", &[Method::GET], config)]
}

/// `GET config`. Only an app that brings a token is looked up: a token that is no good is told everywhere.
async fn config(exchange: Exchange) -> Result<Answer, Rejection> {
    exchange.caller_of_app().await?;
    exchange.input()?;
    exchange.allow(&[axum::http::Method::GET])?;
    Ok(envelope::configuration(&exchange.app.settings).into())
}
