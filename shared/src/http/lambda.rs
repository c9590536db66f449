//! The runner for Lambda.

use super::address::{Peer, RequestId};
use crate::ambient::{SystemChance, SystemClock};
use crate::app::App;
use crate::metrics::Metrics;
use crate::settings::{Settings, Source};
use crate::store::{Store, aws};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use std::sync::Arc;
use tower::Layer;
use tower::util::{MapRequestLayer, MapResponseLayer};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Writes one JSON line for each event to standard output.
pub fn log_json() {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_target(false).with_current_span(false);
    // The engine of the ceremonies writes what clients sent; what went wrong is told by the flow.
    let ours = Targets::new().with_default(LevelFilter::INFO).with_target("webauthn_rs_core", LevelFilter::OFF);
    lines.finish().with(ours).init();
}

/// The service's parts from the environment of a Lambda function.
///
/// # Errors
/// What is wrong with the settings.
pub fn aws_app() -> Result<Arc<App>, Box<dyn std::error::Error + Send + Sync>> {
    log_json();
    let settings = Settings::load(&Source::from_process()?)?;
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

/// Serves the router's endpoints to API Gateway.
///
/// # Errors
/// The runtime's own.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    let service = MapResponseLayer::new(with_joined_headers).layer(router);
    lambda_http::run(MapRequestLayer::new(with_peer).layer(service)).await
}

/// The caller's address is what the gateway saw; the request's name is what Lambda gave it.
fn with_peer(mut request: Request<lambda_http::Body>) -> Request<lambda_http::Body> {
    let seen = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    let id = request.lambda_context_ref().map(|context| RequestId(context.request_id.clone()));
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    if let Some(address) = seen.and_then(|text| text.parse().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    request
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
