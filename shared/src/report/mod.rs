//! The report on a service: checks, each with what to do about a fault. `latchkey doctor` prints it.
//!
//! A file holds the checks of one topic. [`of_settings`] needs only the settings. [`of_service`] reads the table and
//! calls the public URL. Checks that need other AWS services do not belong here, so that every function can use this
//! module.

mod browsers;
mod clock;
mod keys;
mod links;
mod outbox;
mod passkeys;
mod public_url;
mod settings;
mod table;
#[cfg(test)]
mod tests;

pub use settings::unread;

use crate::app::App;
use crate::clock::Timestamp;
use crate::settings::Settings;
use serde::Serialize;
use strum::IntoStaticStr;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// The service works, but not for every user, or not as safely as it could.
    Warning,
    /// Something does not work.
    Error,
}

/// A check and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The topic, a fixed word for programs.
    pub name: &'static str,
    /// The result.
    pub level: Level,
    /// The finding.
    pub message: String,
    /// The advice for a fault. `None` if there is nothing to do.
    pub advice: Option<String>,
}

impl Check {
    /// A check that found no fault.
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, message: message.into(), advice: None }
    }

    /// A fault that does not stop the service.
    pub fn warning(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, level: Level::Warning, message: message.into(), advice: Some(advice.into()) }
    }

    /// A fault that stops the service, or a part of it.
    pub fn error(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, level: Level::Error, message: message.into(), advice: Some(advice.into()) }
    }
}

/// Where the service runs. Several faults of a deployment are normal on a developer's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On a developer's machine.
    Local,
    /// In AWS.
    Deployed,
}

/// Checks the settings.
pub fn of_settings(settings: &Settings, place: Place) -> Vec<Check> {
    [
        settings::check(settings, place),
        links::check(settings, place),
        browsers::check(settings),
        passkeys::check(settings, place),
    ]
    .concat()
}

/// Checks the table, the clock, the signing keys, the outbox and the public URL. Calls `report` after each check.
/// `has_secret_key` is false if `app` does not have the `SECRET_KEY` of the service.
pub async fn of_service(app: &App, place: Place, has_secret_key: bool, mut report: impl FnMut(Check)) {
    match app.store.describe().await {
        Ok(description) => {
            table::check(&description, place).into_iter().for_each(&mut report);
            report(clock::check(description.answered_at, app.now(), place));
        }
        Err(error) => {
            report(Check::error("table", error.to_string(), "check the permissions on the table and the network"));
        }
    }
    keys::check(app, has_secret_key).await.into_iter().for_each(&mut report);
    report(outbox::check(app).await);
    public_url::check(app, place).await.into_iter().for_each(&mut report);
}

/// Formats a duration in the largest unit that fits.
fn in_words(seconds: u64) -> String {
    let (amount, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

/// Returns the seconds from one point in time to a later one.
fn seconds_between(earlier: Timestamp, later: Timestamp) -> u64 {
    later.since(earlier).as_secs()
}
