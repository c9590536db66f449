//! The local service with what tests own in reach, over HTTP: the clock, the faults of the table, and the log of
//! requests to it.
//!
//! | request | does |
//! |---|---|
//! | `POST /_lab/clock` `{"advance": seconds}` | moves the clock, and tells the time |
//! | `PUT /_lab/faults` a plan | sets the faults from now on |
//! | `GET /_lab/requests` | the requests to the table by trip, and how many faults were made |
//! | `DELETE /_lab/requests` | forgets them |
//! | `POST /_lab/other-version` | another version of the service looks at the table ([`other_version`]); answers with what was lost |
//! | `DELETE /_lab/other-version` | takes everything away that it has added, as a version would that keeps nothing |
//! | `GET /_lab/items` | all items of the table, in DynamoDB's JSON |

#[path = "../lab/other_version.rs"]
mod other_version;

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use clap::Parser;
use embedded::faults::{Faults, Plan};
use local::{Options, serve};
use other_version::OtherVersion;
use serde_json::{Value, json};
use shared::ambient::{Clock, SystemClock, Timestamp};
use shared::settings::Source;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Parser)]
struct Cli {
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long)]
    outbox: PathBuf,
    /// Accounts to make at the start.
    #[arg(long)]
    users: Option<PathBuf>,
}

/// A clock that goes on by a microsecond each time it is read, and otherwise only where a test moves it: no test is
/// at a window's edge because the machine was slow.
struct LabClock(AtomicI64);

impl LabClock {
    fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for LabClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Clone)]
struct Lab {
    clock: Arc<LabClock>,
    faults: Faults,
    /// A way to the table that knows no faults.
    table: Arc<OnceLock<aws_sdk_dynamodb::Client>>,
    other_version: Arc<OtherVersion>,
}

async fn clock(State(lab): State<Lab>, Json(body): Json<Value>) -> Json<Value> {
    lab.clock.advance(body["advance"].as_i64().unwrap_or(0));
    Json(json!({"now": lab.clock.now().seconds()}))
}

async fn faults(State(lab): State<Lab>, Json(plan): Json<Plan>) {
    lab.faults.set(plan);
}

async fn requests(State(lab): State<Lab>) -> Json<Value> {
    Json(json!({"trips": lab.faults.requests_by_trip(), "injected": lab.faults.injected()}))
}

async fn forget(State(lab): State<Lab>) {
    lab.faults.reset();
}

fn table_name() -> String {
    std::env::var("LATCHKEY_TABLE").unwrap_or_else(|_| "latchkey".to_owned())
}

async fn items(State(lab): State<Lab>) -> Json<Value> {
    let table = lab.table.get().expect("the service has opened the table");
    let pages = table.scan().table_name(table_name()).into_paginator().items().send();
    let items = pages.collect::<Result<Vec<_>, _>>().await.expect("the table is read");
    Json(items.iter().map(other_version::json_of).collect())
}

async fn drop_marks(State(lab): State<Lab>) {
    other_version::drop_marks(lab.table.get().expect("the service has opened the table"), &table_name()).await;
}

async fn other_version(State(lab): State<Lab>) -> Json<Value> {
    let table = lab.table.get().expect("the service has opened the table");
    Json(json!(lab.other_version.visit(table, &table_name()).await))
}

#[tokio::main]
async fn main() {
    let cli = Cli::parse();
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    let lab = Lab {
        clock: Arc::new(LabClock::at(SystemClock.now())),
        faults: Faults::new(Plan::default()),
        table: Arc::default(),
        other_version: Arc::default(),
    };
    let beside = Router::new()
        .route("/_lab/clock", post(clock))
        .route("/_lab/faults", put(faults))
        .route("/_lab/requests", get(requests).delete(forget))
        .route("/_lab/other-version", post(other_version).delete(drop_marks))
        .route("/_lab/items", get(items))
        .with_state(lab.clone());
    let source = Source::from_process().expect("the settings are readable");
    let mut options = Options::new(SocketAddr::from(([127, 0, 0, 1], 0)), cli.data, cli.outbox, source);
    if let Some(path) = cli.users {
        let text = std::fs::read_to_string(path).expect("the accounts are readable");
        options.accounts = serde_json::from_str(&text).expect("they are accounts");
    }
    options.clock = lab.clock.clone();
    options.wrap = Some(Box::new(move |http| {
        let _ = lab.table.set(embedded::client(http.clone()));
        lab.faults.wrap(http)
    }));
    options.beside = beside;
    let ready = |_: &str, listening: SocketAddr| {
        println!("http://{listening}");
        std::io::stdout().flush().expect("stdout is open");
    };
    if let Err(error) = serve(options, ready).await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
