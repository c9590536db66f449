//! A minimal Runtime API (version 2018-06-01), and the process that uses it.

use crate::Failure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde_json::Value;
use std::future::pending;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// The time limit for a start.
const PATIENCE: Duration = Duration::from_secs(20);
/// The interval at which the process is checked.
const LOOK: Duration = Duration::from_millis(200);
/// The time for the process to become idle. Only then does Linux report all of its CPU time.
const REST: Duration = Duration::from_millis(4);

/// The cost of a start.
pub struct Sample {
    /// The CPU time of all threads, in user mode and in the kernel.
    pub cpu: Duration,
    /// The time from exec to the response.
    pub wall: Duration,
}

/// The result of a start.
pub struct Started {
    /// The cost of the start.
    pub sample: Sample,
    /// The function's response to the event.
    pub answer: Value,
}

/// Starts a binary, sends it the event, and kills it after its response.
pub async fn start(binary: &Path, environment: &[(String, String)], event: &Value) -> Result<Started, Failure> {
    let (answers, mut answered) = unbounded_channel();
    let api = Api { event: event.to_string(), given: AtomicBool::new(false), answers };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = tokio::spawn(axum::serve(listener, api.router()).into_future());
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "latchkey")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let begun = Instant::now();
    let mut process = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
    let started = follow(&mut process, begun, &mut answered).await;
    process.kill()?;
    process.wait()?;
    server.abort();
    started.map_err(|error| format!("{}: {error}", binary.display()).into())
}

/// Waits for the response of a process, and measures the times.
async fn follow(
    process: &mut Child,
    begun: Instant,
    answered: &mut UnboundedReceiver<(Instant, Bytes)>,
) -> Result<Started, Failure> {
    while begun.elapsed() < PATIENCE {
        if let Ok(Some((moment, body))) = timeout(LOOK, answered.recv()).await {
            tokio::time::sleep(REST).await;
            let sample = Sample { cpu: cpu_of(process)?, wall: moment - begun };
            return Ok(Started { sample, answer: serde_json::from_slice(&body)? });
        }
        if let Some(status) = process.try_wait()? {
            return Err(format!("it ended: {status}").into());
        }
    }
    Err("no answer".into())
}

/// Returns the CPU time of a process's threads, in nanoseconds. `utime` and `stime` would have a resolution of only ten
/// milliseconds.
fn cpu_of(process: &Child) -> Result<Duration, Failure> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{}/task", process.id()))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

struct Api {
    event: String,
    given: AtomicBool,
    answers: UnboundedSender<(Instant, Bytes)>,
}

impl Api {
    fn router(self) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/init/error", post(answer))
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answer))
            .with_state(Arc::new(self))
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    if api.given.swap(true, Ordering::Relaxed) {
        return pending().await;
    }
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8f5ed8c2-6a0b-4c4e-9d3b-000000000001"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:latchkey"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"),
    ];
    (headers, api.event.clone()).into_response()
}

/// Receives the response, and then keeps the function waiting, because its further work is not part of the start.
async fn answer(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    let _ = api.answers.send((Instant::now(), body));
    pending().await
}
