//! A layer around any HTTP client of the DynamoDB SDK that counts requests and injects faults.
//!
//! The faults are those that DynamoDB and networks have: conflicts of transactions, throttling,
//! batches answered in part, answers lost after the work was done, and death of the process.

mod answers;
mod plan;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::connector::operation;
use plan::{Fault, Random};
pub use plan::{Plan, Probability};

/// The layer. Clones share all state, so one clone can wrap the client and another can control the faults and read the
/// record.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    plan: Plan,
    random: Random,
    /// The number of requests performed since the plan was set.
    performed: u64,
    injected: usize,
    /// The requests of each trip, in the order of their start.
    log: Vec<Vec<String>>,
    /// The number of the trip that the last request of the log belongs to. Never reused.
    trip: u64,
    /// Whether an answer of that trip has arrived, so that the next request starts a new trip.
    answered: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            random: Random::new(0),
            performed: 0,
            injected: 0,
            log: Vec::new(),
            trip: 0,
            answered: true,
        }
    }
}

impl Faults {
    /// Creates a layer that follows the plan from its first request.
    pub fn new(plan: Plan) -> Self {
        let faults = Self::default();
        faults.set(plan);
        faults
    }

    /// Wraps an HTTP client in the layer.
    pub fn wrap(&self, http: SharedHttpClient) -> SharedHttpClient {
        let faults = self.clone();
        http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Layer { inner: http.http_connector(settings, components), faults: faults.clone() })
        })
    }

    /// Follows another plan from the next request on, with its budgets, its seed and its count
    /// for [`Plan::die_after`] starting at zero. The record of requests is kept.
    pub fn set(&self, plan: Plan) {
        let mut state = self.state();
        state.random = Random::new(plan.seed);
        state.plan = plan;
        state.performed = 0;
    }

    /// Clears the record of requests and faults. The plan stays.
    pub fn reset(&self) {
        let mut state = self.state();
        state.log.clear();
        state.injected = 0;
        state.answered = true;
    }

    /// Returns the requested operations, as in `PutItem`, in the order in which they were started. The SDK's own
    /// retries count.
    pub fn requests(&self) -> Vec<String> {
        self.state().log.concat()
    }

    /// Returns the number of round trips. Requests that start before any of them is answered form one trip. If all
    /// answers take the same time, the total time is this number times that time.
    pub fn round_trips(&self) -> usize {
        self.state().log.len()
    }

    /// Returns [`Faults::requests`], grouped by trip.
    pub fn requests_by_round_trip(&self) -> Vec<Vec<String>> {
        self.state().log.clone()
    }

    /// Returns the number of injected faults.
    pub fn injected(&self) -> usize {
        self.state().injected
    }

    fn start(&self, operation: &str) -> (Started, Option<Fault>, Duration) {
        let mut state = self.state();
        if state.answered {
            state.answered = false;
            state.trip += 1;
            state.log.push(Vec::new());
        }
        if let Some(trip) = state.log.last_mut() {
            trip.push(operation.to_owned());
        }
        // The fault is chosen at the start, so that overlapping requests get the same faults however long each takes.
        let State { plan, random, .. } = &mut *state;
        let fault = plan.draw(operation, random);
        state.injected += usize::from(fault.is_some());
        let started = Started { faults: self.clone(), trip: state.trip };
        (started, fault, state.plan.latency)
    }

    /// Counts a performed request, and ends the process if the plan says so.
    fn performed(&self) {
        let mut state = self.state();
        state.performed += 1;
        if state.plan.die_after.is_some_and(|n| state.performed >= n) {
            std::process::abort();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics in the middle of a change to the state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress. Dropped with the answer, or when the caller cancels it.
struct Started {
    faults: Faults,
    trip: u64,
}

impl Drop for Started {
    fn drop(&mut self) {
        let mut state = self.faults.state();
        // A late answer of an earlier trip does not affect the current one.
        if state.trip == self.trip {
            state.answered = true;
        }
    }
}

#[derive(Clone, Debug)]
struct Layer {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for Layer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let layer = self.clone();
        HttpConnectorFuture::new(async move {
            let (_started, fault, latency) = layer.faults.start(operation(&request));
            pause(latency).await;
            layer.answer(request, fault).await
        })
    }
}

impl Layer {
    async fn answer(&self, request: HttpRequest, fault: Option<Fault>) -> Result<HttpResponse, ConnectorError> {
        match fault {
            None => self.perform(request).await,
            Some(Fault::Conflict { which }) => answers::conflict(&request, which),
            Some(Fault::Throttle { in_reasons }) => answers::throttled(&request, in_reasons),
            Some(Fault::Unprocessed { mut random }) => {
                let (remaining, withheld) = answers::withhold_keys(request, &mut random)?;
                let response = match remaining {
                    Some(request) => self.perform(request).await?,
                    None => answers::empty_batch()?,
                };
                answers::add_unprocessed(response, withheld).await
            }
            Some(Fault::TimeoutAfterCommit) => {
                self.perform(request).await?;
                Err(ConnectorError::timeout("the answer was lost".into()))
            }
        }
    }

    async fn perform(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let answer = self.inner.call(request).await;
        self.faults.performed();
        answer
    }
}

/// Lets concurrent requests start before the first one is answered, because the embedded database answers within one
/// poll.
async fn pause(latency: Duration) {
    if latency.is_zero() {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    } else {
        tokio::time::sleep(latency).await;
    }
}

#[cfg(test)]
mod tests;
