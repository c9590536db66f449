//! The local service with what tests own in reach, over HTTP: the clock, the faults of the table, and the log of
//! requests to it.
//!
//! | request | does |
//! |---|---|
//! | `POST /_lab/clock` `{"advance": seconds}` | moves the clock, and tells the time |
//! | `PUT /_lab/faults` a plan | sets the faults from now on |
//! | `GET /_lab/requests` | the requests to the table by trip, and how many faults were made |
//! | `DELETE /_lab/requests` | forgets them |
//! | `GET /_lab/allocations` | how often the process has allocated memory so far |

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use clap::Parser;
use embedded::faults::{Faults, Plan};
use local::{Options, serve};
use serde_json::{Value, json};
use shared::ambient::{Clock, SystemClock, Timestamp};
use shared::settings::Source;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

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

async fn allocations() -> Json<Value> {
    let so_far = ALLOCATOR.stats();
    Json(json!({"count": so_far.allocations + so_far.reallocations}))
}

#[tokio::main]
async fn main() {
    let cli = Cli::parse();
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    let lab = Lab { clock: Arc::new(LabClock::at(SystemClock.now())), faults: Faults::new(Plan::default()) };
    let beside = Router::new()
        .route("/_lab/clock", post(clock))
        .route("/_lab/faults", put(faults))
        .route("/_lab/requests", get(requests).delete(forget))
        .route("/_lab/allocations", get(allocations))
        .with_state(lab.clone());
    let source = Source::from_process().expect("the settings are readable");
    let mut options = Options::new(SocketAddr::from(([127, 0, 0, 1], 0)), cli.data, cli.outbox, source);
    if let Some(path) = cli.users {
        let text = std::fs::read_to_string(path).expect("the accounts are readable");
        options.accounts = serde_json::from_str(&text).expect("they are accounts");
    }
    options.clock = lab.clock.clone();
    options.wrap = Some(Box::new(move |http| lab.faults.wrap(http)));
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
