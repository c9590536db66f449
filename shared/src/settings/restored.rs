//! `LATCHKEY_RESTORED_AT`: the time when a restored table went into service.

use super::ServiceSettings;
use super::values::Value;
use crate::clock::Timestamp;
use serde_json::Value as Json;

/// A time with its offset from UTC (RFC 3339), in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RestoredAt(pub Timestamp);

impl Value for RestoredAt {
    const KIND: &'static str = "moment";
    fn from_json(json: &Json) -> Result<Self, String> {
        let moment = json.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let moment = moment.ok_or("must be a time with its offset from UTC, such as 2026-01-31T12:00:00Z")?;
        Ok(Self(Timestamp::from_seconds(moment.as_second())))
    }
    fn show(&self) -> String {
        self.0.to_jiff().to_string()
    }
}

impl ServiceSettings {
    /// Returns whether a session, link or token that was created at this time is invalid, because the table has been
    /// restored since then.
    pub fn is_before_restore(&self, moment: Timestamp) -> bool {
        self.restored_at.is_some_and(|restored| moment < restored.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_has_an_offset_from_utc() {
        let read = |text: &str| RestoredAt::from_json(&json!(text)).map(|read| read.show());
        assert_eq!(read("2026-01-31T12:00:00Z").unwrap(), "2026-01-31T12:00:00Z");
        assert_eq!(read("2026-01-31T12:00:00.75+01:00").unwrap(), "2026-01-31T11:00:00Z");
        for wrong in ["", "2026-01-31", "2026-01-31T12:00:00", "1767225600"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
