//! The part of the Amazon SES API, version 2, that the mailer uses.

use super::server::serve;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The state of the SES account, which decides the answer to every call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// SES answers that the account sends too fast.
    Throttling,
    Down,
}

/// A mail that SES accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    pub to: Vec<String>,
    pub raw: Vec<u8>,
}

#[derive(Default)]
struct Account {
    mood: Mood,
    rejected: Vec<String>,
    unverified: Vec<String>,
    sent: Vec<Sent>,
    /// The reports of SES about the account, its identities and configuration sets, by path.
    reports: BTreeMap<String, Value>,
}

/// An SES that accepts every mail, unless a test changes that.
pub struct Ses {
    /// The URL of the server.
    pub url: String,
    account: Arc<Mutex<Account>>,
}

impl Ses {
    pub fn start() -> Self {
        let account = Arc::default();
        let router = Router::new().route("/v2/email/outbound-emails", post(send)).fallback(report);
        let router = router.with_state(Arc::clone(&account));
        Self { url: format!("http://{}", serve(router)), account }
    }

    pub fn set_mood(&self, mood: Mood) {
        self.account.lock().unwrap().mood = mood;
    }

    /// Answers requests for `/v2/email/{path}` with this report from now on.
    pub fn report(&self, path: &str, report: Value) {
        self.account.lock().unwrap().reports.insert(format!("/v2/email/{path}"), report);
    }

    /// Rejects mails to this address from now on.
    pub fn reject(&self, address: &str) {
        self.account.lock().unwrap().rejected.push(address.to_owned());
    }

    /// Verifies an address, or makes SES refuse it as the sandbox refuses addresses that are not verified.
    pub fn set_verified(&self, address: &str, is_verified: bool) {
        let unverified = &mut self.account.lock().unwrap().unverified;
        unverified.retain(|other| other != address);
        if !is_verified {
            unverified.push(address.to_owned());
        }
    }

    /// Returns the accepted mails, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.account.lock().unwrap().sent.clone()
    }
}

async fn send(State(account): State<Arc<Mutex<Account>>>, Json(request): Json<Value>) -> Response {
    let mut account = account.lock().unwrap();
    match account.mood {
        Mood::Well => {}
        Mood::Throttling => return failure(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        Mood::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    let to: Vec<String> = serde_json::from_value(request["Destination"]["ToAddresses"].clone()).unwrap_or_default();
    let raw = request["Content"]["Raw"]["Data"].as_str().and_then(|data| STANDARD.decode(data).ok());
    let Some(raw) = raw else { return failure(StatusCode::BAD_REQUEST, "BadRequestException") };
    if to.iter().any(|address| account.rejected.contains(address)) {
        return failure(StatusCode::BAD_REQUEST, "MessageRejected");
    }
    if let Some(address) = to.iter().find(|address| account.unverified.contains(address)) {
        let identities = "The following identities failed the check in region EU-WEST-1";
        let message = format!("Email address is not verified. {identities}: {address}");
        return failure_with(StatusCode::BAD_REQUEST, "MessageRejected", &message);
    }
    account.sent.push(Sent { to, raw });
    let id = format!("0102018f-{:08x}-000000", account.sent.len());
    Json(json!({"MessageId": id})).into_response()
}

async fn report(State(account): State<Arc<Mutex<Account>>>, uri: Uri) -> Response {
    match account.lock().unwrap().reports.get(uri.path()) {
        Some(report) => Json(report).into_response(),
        None => failure(StatusCode::NOT_FOUND, "NotFoundException"),
    }
}

fn failure(status: StatusCode, code: &str) -> Response {
    failure_with(status, code, "Not this one.")
}

fn failure_with(status: StatusCode, code: &str, message: &str) -> Response {
    (status, [("x-amzn-errortype", code)], Json(json!({"message": message}))).into_response()
}
