//! The runner for AWS Lambda.

use super::event::{EventResponse, to_request};
use super::log::log_json;
use super::route::Endpoint;
use super::service::service;
use crate::app::App;
use crate::clock::SystemClock;
use crate::metrics::Metrics;
use crate::random::SystemRandom;
use crate::settings::{Settings, Source};
use crate::store::{Store, aws};
use axum::body::Body;
use axum::http::{Request, Response};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use tower::{Service, ServiceExt};

/// Creates the app from the environment of a Lambda function.
///
/// # Errors
/// The mistakes in the settings.
pub fn aws_app() -> Result<Arc<App>, Error> {
    log_json()?;
    let source = Source::from_process()?;
    for name in Settings::unread(&source) {
        tracing::warn!("{name} is set, but this version does not read it");
    }
    let settings = Arc::new(Settings::load(&source)?);
    for note in settings.notes() {
        tracing::warn!("{note}");
    }
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let client = aws::client(aws::http_client(&settings.service))?;
    let store = Store::with_lazy_client(client, settings.service.table.clone(), clock.clone(), random.clone());
    let mut app = App::new(settings, store, clock, random);
    app.metrics = Metrics::to_log(&app.settings.service.table);
    Ok(Arc::new(app))
}

/// Serves endpoints behind API Gateway.
///
/// # Errors
/// Conflicting paths of endpoints, and errors of the runtime.
pub async fn run(app: &Arc<App>, endpoints: Vec<Endpoint>) -> Result<(), Error> {
    let service = service(app, endpoints)?;
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        answer(service.clone(), event.payload.get()).await.map_err(Error::from)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// Answers one event of API Gateway with a [`service`]. Public for the fuzz targets, which have no Lambda runtime.
///
/// # Errors
/// The body of the response cannot be read.
pub async fn answer(
    service: impl Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    event: &str,
) -> Result<EventResponse, axum::Error> {
    let Ok(response) = service.oneshot(to_request(event)).await;
    EventResponse::read(response).await
}
