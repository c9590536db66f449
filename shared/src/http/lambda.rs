//! The runner for Lambda.

use super::address::Peer;
use super::log::log_json;
use super::route::Endpoint;
use super::service::service;
use crate::ambient::{SystemChance, SystemClock};
use crate::app::App;
use crate::metrics::Metrics;
use crate::settings::{Settings, Source};
use crate::store::{Store, aws};
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use std::sync::Arc;
use tower::ServiceExt;

/// The service's parts from the environment of a Lambda function.
///
/// # Errors
/// What is wrong with the settings.
pub fn aws_app() -> Result<Arc<App>, Box<dyn std::error::Error + Send + Sync>> {
    log_json()?;
    let settings = Arc::new(Settings::load(&Source::from_process()?)?);
    for note in settings.notes() {
        tracing::warn!("{note}");
    }
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    let client = aws::client(aws::http_client(&settings.service))?;
    let store = Store::with_lazy_client(client, settings.service.table.clone(), clock.clone(), chance.clone());
    let mut app = App::new(settings, store, clock, chance);
    app.metrics = Metrics::to_log(&app.settings.service.table);
    Ok(Arc::new(app))
}

/// Serves endpoints to API Gateway.
///
/// # Errors
/// What is wrong with the endpoints' paths; the runtime's own.
pub async fn run(app: &Arc<App>, endpoints: Vec<Endpoint>) -> Result<(), lambda_http::Error> {
    let service = service(app, endpoints)?;
    lambda_http::run(service.map_request(with_peer).map_response(with_joined_headers)).await
}

/// The caller's address is what the gateway saw.
fn with_peer(mut request: Request<lambda_http::Body>) -> Request<Body> {
    let seen = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    if let Some(address) = seen.and_then(|text| text.parse().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    request.map(Body::new)
}

/// Several lines of one header are one line with commas (RFC 9110 section 5.3): the gateway's format has one value a
/// name, and the runtime would write the first alone. Cookies have a place of their own.
fn with_joined_headers(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for name in headers.keys().cloned().collect::<Vec<_>>() {
        let lines = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
        if lines.len() < 2 || name == header::SET_COOKIE {
            continue;
        }
        if let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b", "[..])) {
            headers.insert(name, joined);
        }
    }
    response
}
