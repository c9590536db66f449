//! The runner for Lambda.

use super::address::Peer;
use crate::ambient::{SystemChance, SystemClock};
use crate::app::App;
use crate::settings::{Settings, Source};
use crate::store::Store;
use axum::Router;
use axum::http::Request;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use std::sync::Arc;
use tower::Layer;

/// Writes one JSON line for each event to standard output.
pub fn log_json() {
    tracing_subscriber::fmt().json().flatten_event(true).with_target(false).with_current_span(false).init();
}

/// The service's parts from the environment of a Lambda function.
///
/// # Errors
/// What is wrong with the settings.
pub fn aws_app() -> Result<Arc<App>, Box<dyn std::error::Error + Send + Sync>> {
    log_json();
    let settings = Settings::load(&Source::from_process()?)?;
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    let client = crate::store::aws::client()?;
    let store = Store::new(client, settings.service.table.clone(), clock.clone(), chance.clone());
    Ok(Arc::new(App::new(settings, store, clock, chance)))
}

/// Serves the router's endpoints to API Gateway.
///
/// # Errors
/// The runtime's own.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    lambda_http::run(tower::util::MapRequestLayer::new(with_peer).layer(router)).await
}

/// The caller's address is what the gateway saw.
fn with_peer(mut request: Request<lambda_http::Body>) -> Request<lambda_http::Body> {
    let seen = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    if let Some(address) = seen.and_then(|text| text.parse().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    request
}
