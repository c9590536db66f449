//! The progress of a long command: a bar on a terminal, otherwise a line at intervals.

use super::{CommandError, Output};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use shared::clock::{Clock, SystemClock, Timestamp};
use std::fmt::Display;
use std::io::IsTerminal;
use std::time::Duration;

/// The time before a command shows its progress, and the interval between two lines.
const PAUSE: Duration = Duration::from_secs(1);
/// The interval at which the bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// The progress of one command.
pub(super) struct Progress {
    output: Output,
    /// The time of the start, or of the last line.
    shown: Timestamp,
    /// The bar, if the output is a terminal.
    bar: Option<ProgressBar>,
}

/// A report, and whether it is the last one.
#[derive(Serialize)]
struct Stated<'a, T> {
    state: &'static str,
    #[serde(flatten)]
    fact: &'a T,
}

impl<T: Display> Display for Stated<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.state, self.fact)
    }
}

impl Progress {
    /// Starts to measure the progress. With a total number of steps, the bar shows a share, otherwise a count.
    pub fn new(output: Output, steps: Option<u64>) -> Self {
        let is_watched = !output.json && std::io::stderr().is_terminal();
        let bar = is_watched.then(|| {
            let template =
                if steps.is_some() { "{bar:30} {pos}/{len} {wide_msg}" } else { "{spinner} {pos} {wide_msg}" };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(steps, ProgressDrawTarget::hidden()).with_style(style)
        });
        Self { output, shown: SystemClock.now(), bar }
    }

    /// Reports the progress. Call it after each step.
    pub fn report(&mut self, step: u64, fact: &(impl Serialize + Display)) {
        let now = SystemClock.now();
        let is_time = now.since(self.shown) >= PAUSE;
        match &self.bar {
            Some(bar) => {
                bar.set_position(step);
                bar.set_message(fact.to_string());
                if is_time && bar.is_hidden() {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(TICK);
                }
            }
            None if is_time => {
                self.shown = now;
                // Continue even if the output has no reader. The last line reports whether the work was completed.
                let _ = self.output.line(&Stated { state: "progress", fact });
            }
            None => {}
        }
    }

    /// Prints the final report.
    pub fn done(self, fact: &(impl Serialize + Display)) -> Result<(), CommandError> {
        self.clear();
        self.output.line(&Stated { state: "done", fact })
    }

    /// Removes the bar.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
