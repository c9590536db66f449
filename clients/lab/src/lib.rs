//! Runs a Latchkey service for a test: accounts, logins and mails as in production, with a clock that the test
//! controls.
//!
//! [`Lab::start`] runs `latchkey serve --lab` on a free port, with its own folders. The service stops when the value is
//! dropped, so each test can have its own service. An error of the lab itself panics, and so fails the test.
//!
//! ```no_run
//! use latchkey_lab::Lab;
//! use std::time::Duration;
//!
//! let lab = Lab::builder().setting("ACCOUNT_EMAIL_VERIFICATION", "mandatory").start();
//! // … sign up at `lab.url()` …
//! let mail = lab.inbox().last("ada@example.com");
//! println!("{:?} {:?}", mail.links, mail.code);
//! lab.clock().advance(Duration::from_secs(14 * 24 * 3600));
//! ```

#![allow(clippy::disallowed_methods)] // waits for a process with the system's clock

mod builder;
mod http;
mod inbox;
mod process;

pub use builder::Builder;
pub use inbox::{Inbox, Kind, Message};

use process::Process;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A running service. It stops when this value is dropped.
#[derive(Debug)]
pub struct Lab {
    builder: Builder,
    process: Process,
}

/// The requests to the table since the last [`Lab::forget_requests`].
#[derive(Debug, Clone, Deserialize)]
pub struct Requests {
    /// The operations, such as `GetItem`. Requests that started before any of them was answered count as one round
    /// trip.
    pub trips: Vec<Vec<String>>,
    /// The number of injected faults.
    pub injected: u64,
}

impl Lab {
    /// Starts a service with the default settings.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Returns a builder, which configures a service.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn spawn(builder: Builder) -> Self {
        let process = Process::start(&builder);
        let lab = Self { builder, process };
        if lab.builder.is_frozen {
            lab.clock().freeze();
        }
        lab
    }

    /// Returns the URL of the service, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        self.process.url()
    }

    /// Returns the folder that contains the service's folders `data` and `outbox`.
    pub fn folder(&self) -> &Path {
        self.builder.folder()
    }

    /// Returns the log of the service since it started. `RUST_LOG` sets its level.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Returns the clock of the service.
    pub fn clock(&self) -> Clock<'_> {
        Clock(self)
    }

    /// Returns the mails and text messages that the service has sent.
    pub fn inbox(&self) -> Inbox<'_> {
        Inbox::new(self)
    }

    /// Injects faults between the service and its table from now on. `json!({})` ends them.
    ///
    /// ```no_run
    /// # let lab = latchkey_lab::Lab::start();
    /// lab.faults(&serde_json::json!({"throttle": {"percent": 100, "budget": 3}}));
    /// ```
    pub fn faults(&self, plan: &impl Serialize) {
        self.request("PUT", "faults", Some(json!(plan)));
    }

    /// Returns the requests to the table since the last [`Lab::forget_requests`].
    pub fn requests(&self) -> Requests {
        decode(self.request("GET", "requests", None))
    }

    /// Resets the lists of requests and injected faults.
    pub fn forget_requests(&self) {
        self.request("DELETE", "requests", None);
    }

    /// Returns the requests to the table that `work` causes, by round trip.
    pub fn trips(&self, work: impl FnOnce()) -> Vec<Vec<String>> {
        self.forget_requests();
        work();
        self.requests().trips
    }

    /// Deletes every account, session and message, creates the accounts of the builder again, and ends the faults. The
    /// clock keeps its time.
    pub fn reset(&self) {
        self.request("POST", "reset", None);
    }

    /// Stops the service and starts it again with the same data on another port. Its clock starts at the machine's
    /// time.
    #[must_use]
    pub fn restart(self) -> Self {
        self.restart_with(&[])
    }

    /// Restarts the service with these additional settings.
    #[must_use]
    pub fn restart_with(self, settings: &[(&str, &str)]) -> Self {
        let Self { builder, process } = self;
        drop(process);
        Self::spawn(builder.settings(settings))
    }

    /// Kills the service. [`Lab::restart`] starts it again.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Waits until the service process ends, as after the fault `die_after`.
    pub fn wait_for_death(&mut self) {
        self.process.wait_for_death();
    }

    /// Sends a request to the lab.
    fn request(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        http::request(method, &format!("{}/_latchkey/lab/{path}", self.url()), body)
    }
}

/// The clock of a service. It follows the machine's clock until it is frozen.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a>(&'a Lab);

impl Clock<'_> {
    /// Advances the clock. A fraction of a second is ignored.
    pub fn advance(&self, by: Duration) {
        self.change(json!({"advance": by.as_secs()}));
    }

    /// Stops the clock. It then moves only when it is advanced.
    pub fn freeze(&self) {
        self.change(json!({"frozen": true}));
    }

    /// Lets a frozen clock continue from its current time.
    pub fn run(&self) {
        self.change(json!({"frozen": false}));
    }

    /// Returns the service's time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.request("GET", "clock", None)["now"].as_i64().expect("the lab returns the time")
    }

    fn change(&self, change: Value) {
        self.0.request("POST", "clock", Some(change));
    }
}

fn decode<T: for<'a> Deserialize<'a>>(value: Value) -> T {
    serde_json::from_value(value).expect("the lab and its client are of the same version")
}
