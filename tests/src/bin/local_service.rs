//! The local service with its own `main.rs`, with an allocator that counts allocations, and with a check of every
//! response against the description of the APIs. The stories start it as a lab.
//!
//! With `ALLOCATIONS_PORT` in the environment, a thread listens on that port of loopback. It sends the number of memory
//! allocations so far to each connection. Responses are then not checked, because the check also allocates memory.

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
    // Responses of a newer version are not in the description.
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
        // The test might have closed the connection.
        let _ = write!(connection, "{}", so_far.allocations + so_far.reallocations);
    }
}
