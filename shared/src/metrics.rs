//! Metrics in CloudWatch's embedded metric format: log lines from which CloudWatch extracts numbers.

use crate::clock::Timestamp;
use serde_json::{Value as Json, json};
use strum::{IntoStaticStr, VariantNames};

/// A metric. Its name in CloudWatch is the variant's.
///
/// To add one, add a variant and its value below, and describe it in `infra/observability.yaml`: a test compares the two.
///
/// ```
/// assert!(shared::metrics::Metric::NAMES.contains(&"Logins"));
/// let metric = shared::metrics::Metric::Logins;
/// ```
///
/// A misspelled metric does not compile:
///
/// ```compile_fail,E0599
/// let metric = shared::metrics::Metric::Logni;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
pub enum Metric {
    /// A completed login.
    Logins,
    /// A refused login, with its reason.
    LoginRefusals(RefusalReason),
    /// A message that a transport accepted.
    MailsSent,
    /// A message that a transport did not accept, or that was dropped because it cannot be sent.
    MailsFailed,
    /// A message that was dropped because its subject, such as a code, had expired.
    MailsLate,
    /// The number of seconds that the longest-waiting due message has waited.
    OldestDueSeconds(i64),
    /// A session that ended because a refresh token was reused.
    RefreshTokenReuse,
}

/// The reason why a login was refused. CloudWatch bills each value as a metric, so there are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RefusalReason {
    /// Wrong password, code or name.
    #[strum(serialize = "incorrect credentials")]
    IncorrectCredentials,
    /// A rate limit or lockout.
    #[strum(serialize = "too many attempts")]
    TooManyAttempts,
    /// Missing or malformed input, or an invalid token.
    #[strum(serialize = "invalid input")]
    InvalidInput,
    /// The account or the API does not allow it.
    #[strum(serialize = "not allowed")]
    NotAllowed,
    /// The table is unavailable.
    Unavailable,
    /// Anything else.
    Other,
}

/// The value of a metric with its unit in CloudWatch.
enum Measure {
    Count,
    Seconds(i64),
}

impl Metric {
    /// The names of all metrics.
    pub const NAMES: &'static [&'static str] = Self::VARIANTS;

    fn name(self) -> &'static str {
        self.into()
    }

    fn measure(self) -> Measure {
        match self {
            Self::Logins
            | Self::LoginRefusals(_)
            | Self::MailsSent
            | Self::MailsFailed
            | Self::MailsLate
            | Self::RefreshTokenReuse => Measure::Count,
            Self::OldestDueSeconds(seconds) => Measure::Seconds(seconds),
        }
    }

    /// Returns the metric's dimension in addition to the table, with its value.
    fn dimension(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::LoginRefusals(reason) => Some(("Reason", reason.into())),
            Self::Logins
            | Self::MailsSent
            | Self::MailsFailed
            | Self::MailsLate
            | Self::OldestDueSeconds(_)
            | Self::RefreshTokenReuse => None,
        }
    }
}

/// The destination of metrics.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    table: Option<String>,
}

impl Metrics {
    /// Returns the destination standard output, with the name of this table as a dimension.
    pub fn to_log(table: &str) -> Self {
        Self { table: Some(table.to_owned()) }
    }

    /// Writes a metric. Does nothing in the local service.
    pub fn record(&self, now: Timestamp, metric: Metric) {
        if let Some(table) = &self.table {
            println!("{}", line(table, now, metric));
        }
    }
}

fn line(table: &str, now: Timestamp, metric: Metric) -> Json {
    let name = metric.name();
    let (unit, value) = match metric.measure() {
        Measure::Count => ("Count", 1),
        Measure::Seconds(seconds) => ("Seconds", seconds),
    };
    let mut dimensions = vec![vec!["Table"]];
    let mut line = json!({"Table": table, name: value});
    if let Some((dimension, value)) = metric.dimension() {
        dimensions.push(vec!["Table", dimension]);
        line[dimension] = json!(value);
    }
    let metric = json!({"Namespace": "Latchkey", "Dimensions": dimensions, "Metrics": [{"Name": name, "Unit": unit}]});
    line["_aws"] = json!({"Timestamp": now.0 / 1000, "CloudWatchMetrics": [metric]});
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_fields_that_cloudwatch_requires() {
        let metric = Metric::LoginRefusals(RefusalReason::NotAllowed);
        let line = line("latchkey", Timestamp(1_700_000_000_123_456), metric);
        assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_i64);
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["Dimensions"], json!([["Table"], ["Table", "Reason"]]));
        assert_eq!(metric["Metrics"], json!([{"Name": "LoginRefusals", "Unit": "Count"}]));
        assert_eq!(
            (&line["LoginRefusals"], &line["Table"], &line["Reason"]),
            (&json!(1), &json!("latchkey"), &json!("not allowed"))
        );
    }

    #[test]
    fn a_metric_in_seconds_has_the_unit_seconds() {
        let line = line("latchkey", Timestamp(0), Metric::OldestDueSeconds(90));
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["Metrics"], json!([{"Name": "OldestDueSeconds", "Unit": "Seconds"}]));
        assert_eq!((&metric["Dimensions"], &line["OldestDueSeconds"]), (&json!([["Table"]]), &json!(90)));
    }
}
