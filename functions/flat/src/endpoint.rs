//! From a request to a handler, and from what it says to a response.

use crate::MOUNT;
use crate::reply::Reply;
use axum::body::Body;
use axum::http::{Method, Response};
use shared::account::User;
use shared::flow::Refusal;
use shared::http::{Endpoint, Exchange, Rejection, Visit, other};
use shared::session::{Api, Caller, Session, find_caller};
use shared::settings::ClientKind;
use std::future::Future;
use std::sync::Arc;

/// An endpoint of this API.
pub fn endpoint<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(Exchange) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Rejection>> + Send + 'static,
{
    made(path, methods, false, handler)
}

/// One whose refusals are counted as refused logins.
pub fn entrance<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(Exchange) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Rejection>> + Send + 'static,
{
    made(path, methods, true, handler)
}

fn made<F, R>(path: &'static str, methods: &'static [Method], is_entrance: bool, handler: F) -> Endpoint
where
    F: Fn(Exchange) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Rejection>> + Send + 'static,
{
    let handler = Arc::new(handler);
    other(MOUNT, path, methods, move |visit| serve(visit, methods, is_entrance, handler.clone()))
}

async fn serve<F, R>(visit: Visit, methods: &'static [Method], is_entrance: bool, handler: Arc<F>) -> Response<Body>
where
    F: Fn(Exchange) -> R,
    R: Future<Output = Result<Reply, Rejection>>,
{
    let app = visit.app.clone();
    let answered = async { handler(read(visit, methods).await?).await }.await;
    match &answered {
        Ok(reply) if reply.logged_in => app.metrics.count(app.now(), "Logins"),
        Err(rejection) if is_entrance => {
            app.metrics.count_by(app.now(), "LoginRefusals", "Reason", &rejection.reason());
        }
        _ => {}
    }
    answered.unwrap_or_else(Reply::rejected).into_response(methods)
}

async fn read(visit: Visit, methods: &[Method]) -> Result<Exchange, Rejection> {
    let mut exchange = Exchange::read(visit.app, ClientKind::App, false, visit.request).await?;
    exchange.client.api = Api::Flat;
    exchange.client.has_tokens = true;
    exchange.allow(methods)?;
    // Somebody may get in: what signs their tokens is fetched before anything is changed.
    exchange.keyring().await?;
    Ok(exchange)
}

/// The user whose access token the request brings.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn user(exchange: &Exchange) -> Result<(User, Session), Rejection> {
    exchange.bearer().await?.ok_or_else(|| Refusal::NotAuthenticated(Caller::Anonymous).into())
}

/// Who goes on with what an earlier answer gave this token for. Without one, whose access token the request brings, if
/// it brings any.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where either is not good; the table is unavailable.
pub async fn caller(exchange: &Exchange, token: Option<&str>) -> Result<Caller, Rejection> {
    let Some(token) = token else {
        let bearer = exchange.bearer().await?;
        return Ok(bearer.map_or(Caller::Anonymous, |parts| Caller::User(Box::new(parts))));
    };
    match find_caller(&exchange.app.store, token).await? {
        Caller::Pending(session) => Ok(Caller::Pending(session)),
        _ => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
    }
}
