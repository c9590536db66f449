//! The log of a Lambda function: a JSON line for each event, on standard output.
//!
//! `tracing-subscriber` would do it too, with a registry of spans that is made for thousands of threads, and costs every start.

use crate::ambient::{Clock, SystemClock};
use serde::Serializer;
use serde::ser::SerializeMap;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{SetGlobalDefaultError, set_global_default};
use tracing::{Event, Metadata, Subscriber};
use tracing_serde::SerdeMapVisitor;

/// The engine of the ceremonies writes what clients sent; what went wrong is told by the flow.
const SILENT: &str = "webauthn_rs_core";
/// The runtime's span around an invocation.
const INVOCATION: &str = "Lambda runtime invoke";

/// From here on events go to the log, and panics too.
///
/// # Errors
/// They already go somewhere.
pub fn log_json() -> Result<(), SetGlobalDefaultError> {
    set_global_default(Lines::default())?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Writes a panic as one line, before it ends the process. A message that was formatted may hold what a client sent or
/// what the table holds, so a message is written only if the source code has it as a literal.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let reason = panic.payload().downcast_ref::<&'static str>().copied();
    tracing::error!(location, reason, "the function panicked");
}

/// Writes the lines. Of spans it knows the invocation: an instance has one at a time.
#[derive(Default)]
struct Lines {
    invocation: Mutex<Invocation>,
}

/// What every line of an invocation bears.
#[derive(Clone, Default)]
struct Invocation {
    request_id: Option<String>,
    trace_id: Option<String>,
}

impl Visit for Invocation {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "requestId" => self.request_id = Some(value.to_owned()),
            "xrayTraceId" => self.trace_id = trace_id(value).map(str::to_owned),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// The id in X-Ray's header, `Root=…;Parent=…;Sampled=…`.
fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

impl Lines {
    fn line(&self, event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
        let mut line = Vec::with_capacity(512);
        let mut writer = serde_json::Serializer::new(&mut line);
        let mut map = writer.serialize_map(None)?;
        map.serialize_entry("timestamp", &SystemClock.now().to_jiff())?;
        map.serialize_entry("level", event.metadata().level().as_str())?;
        let invocation = self.invocation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, value) in [("request_id", invocation.request_id), ("trace_id", invocation.trace_id)] {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        let mut fields = SerdeMapVisitor::new(map);
        event.record(&mut fields);
        fields.finish()?;
        line.push(b'\n');
        Ok(line)
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            return metadata.name() == INVOCATION;
        }
        *metadata.level() <= LevelFilter::INFO && !metadata.target().starts_with(SILENT)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut invocation = Invocation::default();
        attributes.record(&mut invocation);
        *self.invocation.lock().unwrap_or_else(PoisonError::into_inner) = invocation;
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        // A log that cannot be written has nowhere to say so.
        if let Ok(line) = self.line(event) {
            let _ = std::io::stdout().lock().write_all(&line);
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{Level, enabled, info_span, subscriber::with_default};

    #[test]
    fn the_trace_id_is_the_root_of_the_header() {
        let id = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
        for header in [format!("Root={id};Parent=9a9197af755a6419;Sampled=1"), format!("Self=1-2-3; Root={id}")] {
            assert_eq!(trace_id(&header), Some(id), "{header}");
        }
        assert_eq!(trace_id("Parent=9a9197af755a6419"), None);
    }

    #[test]
    fn what_clients_sent_and_what_only_developers_read_is_no_line() {
        with_default(Lines::default(), || {
            assert!(enabled!(Level::INFO) && enabled!(target: "lambda_runtime", Level::ERROR));
            assert!(!enabled!(Level::DEBUG));
            assert!(!enabled!(target: "webauthn_rs_core::core", Level::ERROR));
            assert!(info_span!("Lambda runtime invoke").id().is_some() && info_span!("another").id().is_none());
        });
    }
}
