//! Functions as Lambda runs them: the real binaries, each under its own Runtime API.

use super::server::{eventually, serve};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use shared::clock::{Clock, SystemClock};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The answer of a function to an event: its response, or the error that it reports.
pub type Answer = Result<Value, Value>;

/// Seconds that a function has for an event. This is the timeout of the mailer in the template.
const TIMEOUT: u32 = 60;

/// One execution environment of a function. It processes one event at a time, and ends when the value is dropped.
pub struct Function {
    /// The crate of the function.
    pub name: &'static str,
    process: Mutex<Child>,
    events: UnboundedSender<Invocation>,
    log: Arc<Mutex<Vec<String>>>,
}

struct Invocation {
    event: Value,
    seconds: u32,
    answer: mpsc::Sender<Answer>,
}

impl Function {
    /// Starts a function and waits until it asks for its first event.
    pub fn start(name: &'static str, environment: &[(String, String)]) -> Self {
        let (events, queue) = unbounded_channel();
        let log = Arc::default();
        let api = Arc::new(Api {
            name,
            queue: tokio::sync::Mutex::new(queue),
            asked: AtomicBool::new(false),
            running: Mutex::default(),
            log: Arc::clone(&log),
        });
        let mut process = Command::new(binary(name))
            .env_clear()
            .envs(environment.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", serve(api.clone().router()))
            .env("AWS_LAMBDA_FUNCTION_NAME", format!("latchkey-{name}"))
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        follow(process.stdout.take().unwrap(), &log);
        follow(process.stderr.take().unwrap(), &log);
        let function = Self { name, process: Mutex::new(process), events, log };
        let started = || {
            let ended = function.process.lock().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended: {ended:?}\n{}", function.log());
            api.asked.load(Ordering::Relaxed).then_some(())
        };
        eventually(started, || format!("{name} asks for no event\n{}", function.log()));
        function
    }

    /// Sends an event and waits for the answer.
    pub fn invoke(&self, event: &Value) -> Answer {
        self.invoke_within(event, TIMEOUT)
    }

    /// Sends an event whose deadline is `seconds` from now, and waits for the answer.
    pub fn invoke_within(&self, event: &Value, seconds: u32) -> Answer {
        let (answer, answered) = mpsc::channel();
        assert!(self.events.send(Invocation { event: event.clone(), seconds, answer }).is_ok());
        let answer = answered.recv_timeout(Duration::from_secs(TIMEOUT.into()));
        answer.unwrap_or_else(|_| panic!("{} did not answer\n{}", self.name, self.log()))
    }

    /// Returns all output of the function, including standard error, as CloudWatch would store it.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Returns the events of the log that have this field. Waits until there are at least `least`. Panics if a line is
    /// not JSON.
    pub fn logged(&self, field: &str, least: usize) -> Vec<Value> {
        let look = || {
            let lines = self.log.lock().unwrap().clone();
            let event = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            let found = lines.iter().map(event).filter(|event: &Value| event.get(field).is_some()).collect::<Vec<_>>();
            (found.len() >= least).then_some(found)
        };
        eventually(look, || format!("{} has not logged {least} times {field}\n{}", self.name, self.log()))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// Returns the path of a function's binary. `LATCHKEY_TEST_FUNCTIONS` names the folder of the binaries. Without it, the
/// binary is the one that the package of these tests builds from the function's `main.rs`, so it always exists and is
/// never stale.
fn binary(name: &str) -> PathBuf {
    match std::env::var_os("LATCHKEY_TEST_FUNCTIONS") {
        // The variable is relative to the workspace, but a test runs in the folder of its package.
        Some(folder) if name != "panicking" => {
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(folder).join(name).join("bootstrap")
        }
        _ => built(name).into(),
    }
}

fn built(name: &str) -> &'static str {
    match name {
        "config" => env!("CARGO_BIN_EXE_function-config"),
        "auth" => env!("CARGO_BIN_EXE_function-auth"),
        "account" => env!("CARGO_BIN_EXE_function-account"),
        "mfa" => env!("CARGO_BIN_EXE_function-mfa"),
        "authorizer" => env!("CARGO_BIN_EXE_function-authorizer"),
        "provider" => env!("CARGO_BIN_EXE_function-provider"),
        "jwt" => env!("CARGO_BIN_EXE_function-jwt"),
        "flat" => env!("CARGO_BIN_EXE_function-flat"),
        "pages" => env!("CARGO_BIN_EXE_function-pages"),
        "mailer" => env!("CARGO_BIN_EXE_function-mailer"),
        "panicking" => env!("CARGO_BIN_EXE_panicking-function"),
        other => panic!("there is no function {other}"),
    }
}

fn follow(pipe: impl Read + Send + 'static, log: &Arc<Mutex<Vec<String>>>) {
    let log = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            log.lock().unwrap().push(line);
        }
    });
}

/// The Runtime API, version 2018-06-01.
struct Api {
    name: &'static str,
    queue: tokio::sync::Mutex<UnboundedReceiver<Invocation>>,
    asked: AtomicBool,
    running: Mutex<HashMap<String, mpsc::Sender<Answer>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Api {
    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(self)
    }

    fn finish(&self, id: &str, body: &[u8], wrap: fn(Value) -> Answer) -> StatusCode {
        let Some(answer) = self.running.lock().unwrap().remove(id) else { return StatusCode::BAD_REQUEST };
        // The test that sent the event may have given up waiting.
        let _ = answer.send(wrap(serde_json::from_slice(body).unwrap_or_default()));
        StatusCode::ACCEPTED
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    static EVENTS: AtomicU64 = AtomicU64::new(1);
    api.asked.store(true, Ordering::Relaxed);
    let Some(Invocation { event, seconds, answer }) = api.queue.lock().await.recv().await else {
        return StatusCode::GONE.into_response(); // the environment is being shut down
    };
    let number = EVENTS.fetch_add(1, Ordering::Relaxed);
    let id = format!("8f5ed8c2-6a0b-4c4e-9d3b-{number:012x}");
    api.running.lock().unwrap().insert(id.clone(), answer);
    let deadline = SystemClock.now().plus_seconds(seconds.into()).0 / 1000;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:eu-west-1:123456789012:function:latchkey-{}", api.name),
        ),
        ("lambda-runtime-trace-id", format!("Root=1-5bef4de7-{number:024x};Parent=9a9197af755a6419;Sampled=1")),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.finish(&id, &body, Ok)
}

async fn error(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.finish(&id, &body, Err)
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    api.log.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
    StatusCode::ACCEPTED
}
