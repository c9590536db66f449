//! The log of a Lambda function: a JSON line for each event, on standard output.

use crate::clock::{Clock, SystemClock};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serializer};
use std::fmt;
use std::panic::PanicHookInfo;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_serde::SerdeMapVisitor;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// The crate's log contains what clients sent, so it is silenced. The flow logs its errors.
const SILENT: &str = "webauthn_rs_core";
/// The runtime's span around an invocation.
const INVOCATION: &str = "Lambda runtime invoke";

/// Sends all events and panics to the log from now on.
///
/// # Errors
/// A subscriber is already installed.
pub fn log_json() -> Result<(), TryInitError> {
    subscriber(std::io::stdout).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Writes a panic as one line, before it ends the process. A formatted message can contain data of clients or of the
/// table, so only messages that are literals in the source code are written.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let reason = panic.payload().downcast_ref::<&'static str>().copied();
    tracing::error!(location, reason, "the function panicked");
}

fn subscriber<W: for<'a> MakeWriter<'a> + Send + Sync + 'static>(writer: W) -> impl Subscriber + Send + Sync {
    let targets = Targets::new().with_default(LevelFilter::INFO).with_target(SILENT, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().fmt_fields(JsonFields::new()).event_format(Line).with_writer(writer);
    tracing_subscriber::registry().with(targets).with(lines)
}

/// Formats an event: its time, level, fields and invocation, at the top level of one object. The library's own JSON
/// format puts the fields of spans into a nested object.
struct Line;

/// The fields of the runtime's span that each line repeats.
#[derive(Default, Deserialize)]
struct Invocation {
    #[serde(rename = "requestId")]
    request_id: Option<String>,
    /// X-Ray's header.
    #[serde(rename = "xrayTraceId")]
    trace: Option<String>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for Line {
    fn format_event(&self, cx: &FmtContext<'_, S, JsonFields>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let span = cx.event_scope().and_then(|mut spans| spans.find(|span| span.name() == INVOCATION));
        let invocation = span.and_then(|span| {
            let extensions = span.extensions();
            serde_json::from_str(extensions.get::<FormattedFields<JsonFields>>()?).ok()
        });
        let line = line(event, invocation.unwrap_or_default()).map_err(|_| fmt::Error)?;
        writeln!(out, "{}", String::from_utf8_lossy(&line))
    }
}

fn line(event: &Event<'_>, invocation: Invocation) -> serde_json::Result<Vec<u8>> {
    let mut line = Vec::with_capacity(512);
    let mut writer = serde_json::Serializer::new(&mut line);
    let mut map = writer.serialize_map(None)?;
    map.serialize_entry("timestamp", &SystemClock.now().to_jiff())?;
    map.serialize_entry("level", event.metadata().level().as_str())?;
    if let Some(id) = &invocation.request_id {
        map.serialize_entry("request_id", id)?;
    }
    if let Some(id) = invocation.trace.as_deref().and_then(trace_id) {
        map.serialize_entry("trace_id", id)?;
    }
    let mut fields = SerdeMapVisitor::new(map);
    event.record(&mut fields);
    fields.finish()?;
    Ok(line)
}

/// The id in X-Ray's header, `Root=…;Parent=…;Sampled=…`.
fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};
    use tracing::subscriber::with_default;
    use tracing::{Level, enabled, info_span};

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(act: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let writer = kept.clone();
        with_default(subscriber(move || writer.clone()), act);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_trace_id_is_the_root_of_the_header() {
        let id = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
        for header in [format!("Root={id};Parent=9a9197af755a6419;Sampled=1"), format!("Self=1-2-3; Root={id}")] {
            assert_eq!(trace_id(&header), Some(id), "{header}");
        }
        assert_eq!(trace_id("Parent=9a9197af755a6419"), None);
    }

    #[test]
    fn a_line_contains_its_invocation_and_its_fields() {
        let lines = logged(|| {
            tracing::warn!("before the first event");
            // The same span as lambda_runtime opens.
            let (id, trace) = ("request-1".to_owned(), "Root=1-2-3;Parent=4;Sampled=1".to_owned());
            info_span!("Lambda runtime invoke", requestId = &id, xrayTraceId = &trace).in_scope(|| {
                info_span!("a step", of = "ours").in_scope(|| tracing::info!(status = 200, "request"));
            });
        });
        let told = |line: &Value| {
            let mut line = line.clone();
            assert!(line.as_object_mut().unwrap().remove("timestamp").is_some_and(|time| time.is_string()));
            line
        };
        assert_eq!(told(&lines[0]), json!({"level": "WARN", "message": "before the first event"}));
        let expected = json!({
            "level": "INFO", "request_id": "request-1", "trace_id": "1-2-3", "message": "request", "status": 200,
        });
        assert_eq!(told(&lines[1]), expected);
    }

    #[test]
    fn data_of_clients_and_debug_events_are_not_logged() {
        let lines = logged(|| {
            assert!(enabled!(Level::INFO) && enabled!(target: "lambda_runtime", Level::ERROR));
            assert!(!enabled!(Level::DEBUG));
            tracing::error!(target: "webauthn_rs_core::core", "what a client sent");
        });
        assert!(lines.is_empty(), "{lines:?}");
    }
}
