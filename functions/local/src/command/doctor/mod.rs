//! `latchkey doctor`: checks a deployment or a local service, and says what to do.
//!
//! The checks are those of [`shared::report`]. Only checks that need other AWS services are here, in [`ses`].

mod ses;

use super::{CommandError, Common};
use serde::Serialize;
use shared::report::{self, Check, Level, Place};
use shared::settings::Settings;
use std::fmt::{Display, Formatter, Result as Written};

/// A check as a line of the output.
#[derive(Serialize)]
#[serde(transparent)]
struct Line<'a>(&'a Check);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Check { name, level, message, advice } = self.0;
        let level: &'static str = level.into();
        write!(f, "{level:<7}  {name}: {message}")?;
        advice.as_ref().map_or(Ok(()), |advice| write!(f, ". What to do: {advice}"))
    }
}

/// Prints the checks, and counts the errors.
struct Printer<'a> {
    common: &'a Common,
    errors: usize,
    /// The first failure to print.
    failure: Option<CommandError>,
}

impl Printer<'_> {
    fn print(&mut self, check: &Check) {
        self.errors += usize::from(check.level == Level::Error);
        if self.failure.is_none() {
            self.failure = self.common.output.line(&Line(check)).err();
        }
    }

    fn done(self) -> Result<(), CommandError> {
        match (self.failure, self.errors) {
            (Some(failure), _) => Err(failure),
            (None, 0) => Ok(()),
            (None, errors) => Err(CommandError::Unhealthy(errors)),
        }
    }
}

/// Checks the settings, the table, the clock, the signing keys, the outbox, the public URL and, in AWS, SES. Prints one
/// line for each check.
///
/// # Errors
/// [`CommandError::Unhealthy`] if a check found an error.
pub async fn doctor(common: &Common) -> Result<(), CommandError> {
    let place = if common.place.is_aws() { Place::Deployed } else { Place::Local };
    let mut printer = Printer { common, errors: 0, failure: None };
    let (source, has_secret_key) = common.place.source(&common.source)?;
    match Settings::load(&source) {
        Ok(settings) => {
            report::unread(&common.source).iter().for_each(|check| printer.print(check));
            report::of_settings(&settings, place).iter().for_each(|check| printer.print(check));
        }
        Err(problems) => {
            let advice = "docs/settings.md describes all settings. The other checks follow when the settings are valid";
            let faults = problems.0.into_iter().map(|problem| Check::error("settings", problem, advice));
            faults.for_each(|check| printer.print(&check));
            return printer.done();
        }
    }
    if !has_secret_key {
        let what = "the environment does not have it, so nothing is decrypted";
        printer.print(&Check::warning("secret_key", what, "set SECRET_KEY as the functions have it"));
    }
    match common.open().await {
        Ok(opened) => {
            report::of_service(opened.app(), place, has_secret_key, |check| printer.print(&check)).await;
            if place == Place::Deployed {
                ses::check(&opened.app().settings).await.iter().for_each(|check| printer.print(check));
            }
        }
        Err(error) => {
            let advice = "the checks of the table, the service and SES follow when the table can be opened";
            printer.print(&Check::error("table", error.to_string(), advice));
        }
    }
    printer.done()
}
