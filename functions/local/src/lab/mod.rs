//! The lab: the local service as a dependency in tests of other software. Tests control its clock, read its inbox, make
//! its table fail and reset it, over HTTP under `/_latchkey/lab/`. See `docs/testing-with-the-lab.md`.
//!
//! Anyone who can reach these routes can read every login link. So the service refuses to start a lab on an address
//! that is not loopback, and the routes answer only programs on this machine. No function depends on this crate.

mod clock;
mod reset;
mod routes;

use crate::inbox::Inbox;
use aws_sdk_dynamodb::Client;
use axum::Router;
use clock::LabClock;
use embedded::faults::{Faults, Plan};
use shared::app::App;
use shared::clock::Clock;
use shared::flow::signup::provision::Account;
use std::sync::Arc;

/// A lab's controls: the service's clock, and the faults between the service and its table.
#[derive(Clone)]
pub struct Lab {
    clock: Arc<LabClock>,
    faults: Faults,
}

/// The parts of the running service that a lab needs.
pub(crate) struct Service {
    pub(crate) inbox: Inbox,
    /// The embedded table. `None` if the service uses a table elsewhere, which the lab does not empty.
    pub(crate) table: Option<Client>,
    /// Creates the accounts.
    pub(crate) app: Arc<App>,
    /// The accounts that exist after a start and after a reset.
    pub(crate) accounts: Vec<Account>,
}

impl Lab {
    /// Creates a lab that injects no faults. Its clock follows this one until a test advances or freezes it.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Arc::new(LabClock::new(clock)), faults: Faults::new(Plan::default()) }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the routes under `/_latchkey/lab/`.
    pub(crate) fn routes(self, service: Service) -> Router {
        routes::router(self, service)
    }
}
