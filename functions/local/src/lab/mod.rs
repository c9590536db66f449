//! The lab: the local service for tests of other software. Tests move its clock, read its inbox, make its table fail and
//! reset it, over HTTP under `/_latchkey/lab/`. See `docs/testing-with-the-lab.md`.
//!
//! Anyone who reaches these routes can read every login link, so the service refuses to start a lab on an address that is not
//! loopback, and the routes answer programs on this machine only. No function depends on this crate.

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
    /// The embedded table. `None` if the table is elsewhere: the lab does not empty that one.
    pub(crate) table: Option<Client>,
    /// For creating accounts.
    pub(crate) app: Arc<App>,
    /// The accounts that exist after a start and after a reset.
    pub(crate) accounts: Vec<Account>,
}

impl Lab {
    /// A lab whose clock runs with this one until a test moves or freezes it, and that injects no faults.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Arc::new(LabClock::new(clock)), faults: Faults::new(Plan::default()) }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The routes under `/_latchkey/lab/`.
    pub(crate) fn routes(self, service: Service) -> Router {
        routes::router(self, service)
    }
}
