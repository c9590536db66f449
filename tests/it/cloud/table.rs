//! The embedded DynamoDB over HTTP.

use super::server::{block_on, serve};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use embedded::faults::Faults;
use embedded::{Embedded, Start, Stream};
use serde_json::{Value, json};
use shared::store::create_table;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// A table that is reached over HTTP like DynamoDB, and its stream.
pub struct Table {
    /// The URL of the server.
    pub url: String,
    /// Injects faults, and records the requests.
    pub faults: Faults,
    stream: Mutex<Stream>,
    refused: Refused,
    is_stalled: Arc<AtomicBool>,
}

/// A text. Requests that contain it in their body are refused.
type Refused = Arc<Mutex<Option<String>>>;

impl Table {
    pub fn start(name: &str) -> Self {
        let (embedded, faults, refused) = (Embedded::memory().unwrap(), Faults::default(), Refused::default());
        let is_stalled = Arc::new(AtomicBool::new(false));
        let connector = block_on(create(faults.wrap(embedded.http_client()), name));
        faults.reset();
        let router = Router::new().fallback(answer).with_state((connector, refused.clone(), is_stalled.clone()));
        let stream = Mutex::new(embedded.stream(name, Start::TrimHorizon).unwrap());
        Self { url: format!("http://{}", serve(router)), faults, stream, refused, is_stalled }
    }

    /// Returns the stream's records since the last call, in the form in which Lambda passes them on.
    pub fn records(&self) -> Vec<Value> {
        self.stream.lock().unwrap().next_records().unwrap()
    }

    /// Stops answering requests, or starts again.
    pub fn stall(&self, stalls: bool) {
        self.is_stalled.store(stalls, Ordering::Relaxed);
    }

    /// Refuses every request that contains this text from now on. `None` refuses no request.
    pub fn refuse(&self, text: Option<&str>) {
        *self.refused.lock().unwrap() = text.map(str::to_owned);
    }
}

/// Creates the table. Returns the connector that the SDK used for it.
async fn create(http: SharedHttpClient, name: &str) -> SharedHttpConnector {
    let kept = Arc::new(OnceLock::new());
    let keeping = http_client_fn({
        let kept = kept.clone();
        move |settings, components| kept.get_or_init(|| http.http_connector(settings, components)).clone()
    });
    create_table(&embedded::client(keeping), name).await.unwrap();
    kept.get().unwrap().clone()
}

async fn answer(
    State((connector, refused, is_stalled)): State<(SharedHttpConnector, Refused, Arc<AtomicBool>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if is_stalled.load(Ordering::Relaxed) {
        return std::future::pending().await;
    }
    let refused = refused.lock().unwrap().clone();
    if refused.is_some_and(|text| String::from_utf8_lossy(&body).contains(&text)) {
        return failure(StatusCode::BAD_REQUEST, "AccessDeniedException");
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let mut request = HttpRequest::new(SdkBody::from(body.to_vec()));
    request.headers_mut().insert("x-amz-target", target.to_owned());
    match connector.call(request).await {
        Ok(response) => {
            let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
            let body = response.body().bytes().unwrap_or_default().to_vec();
            (status, [("content-type", "application/x-amz-json-1.0")], body).into_response()
        }
        // An injected fault lost the answer.
        Err(_) => failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
    }
}

fn failure(status: StatusCode, code: &str) -> Response {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "Not now."});
    (status, [("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response()
}
