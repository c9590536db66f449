//! The local service as people run it: its own `main.rs`, with an allocator that counts, and with a check of every response
//! against the description of the APIs. The stories start it as a lab.
//!
//! With `ALLOCATIONS_PORT` in the environment, a thread tells each connection on that port of loopback how often the
//! process has allocated memory so far. Nothing is checked then, since that allocates memory, too.

#[path = "../../../functions/local/src/main.rs"]
mod service;

#[path = "../contract/mod.rs"]
mod contract;

use contract::Contract;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let port = std::env::var("ALLOCATIONS_PORT").ok().and_then(|port| port.parse().ok());
    if let Some(port) = port {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
        std::thread::spawn(move || tell_allocations(&listener));
        return service::main();
    }
    // What a newer version may answer is not described.
    if std::env::var("CONTRACT").is_ok_and(|contract| contract == "off") {
        return service::main();
    }
    checked()
}

#[tokio::main]
async fn checked() -> ExitCode {
    service::main_with(Some(Arc::new(Contract::from_environment()))).await
}

fn tell_allocations(listener: &TcpListener) {
    for mut connection in listener.incoming().flatten() {
        let so_far = ALLOCATOR.stats();
        // The test that has gone away does not need the answer.
        let _ = write!(connection, "{}", so_far.allocations + so_far.reallocations);
    }
}
