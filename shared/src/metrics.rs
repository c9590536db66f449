//! Metrics in CloudWatch's embedded metric format: a line of the log that is a number too.

use crate::ambient::Timestamp;
use serde_json::{Value as Json, json};

/// Where metrics go.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    table: Option<String>,
}

impl Metrics {
    /// To standard output, under the dimension of this table.
    pub fn to_log(table: &str) -> Self {
        Self { table: Some(table.to_owned()) }
    }

    /// One more of this.
    pub fn count(&self, now: Timestamp, name: &str) {
        self.write(now, name, "Count", 1, None);
    }

    /// One more of this, told apart by a dimension. Each value is a metric that costs, so values are constants.
    pub fn count_by(&self, now: Timestamp, name: &str, dimension: &str, value: &'static str) {
        self.write(now, name, "Count", 1, Some((dimension, value)));
    }

    /// So many seconds.
    pub fn seconds(&self, now: Timestamp, name: &str, seconds: i64) {
        self.write(now, name, "Seconds", seconds, None);
    }

    fn write(&self, now: Timestamp, name: &str, unit: &str, value: i64, by: Option<(&str, &str)>) {
        if let Some(table) = &self.table {
            println!("{}", line(table, now, name, unit, value, by));
        }
    }
}

fn line(table: &str, now: Timestamp, name: &str, unit: &str, value: i64, by: Option<(&str, &str)>) -> Json {
    let mut dimensions = vec![vec!["Table"]];
    let mut line = json!({"Table": table, name: value});
    if let Some((dimension, value)) = by {
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
    fn a_line_has_what_cloudwatch_looks_for() {
        let line =
            line("latchkey", Timestamp(1_700_000_000_123_456), "LoginRefusals", "Count", 1, Some(("Reason", "x")));
        assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_i64);
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["Dimensions"], json!([["Table"], ["Table", "Reason"]]));
        assert_eq!(
            (&line["LoginRefusals"], &line["Table"], &line["Reason"]),
            (&json!(1), &json!("latchkey"), &json!("x"))
        );
    }
}
