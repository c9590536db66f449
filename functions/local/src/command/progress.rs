//! How far a long command is: a bar on a terminal, otherwise a line now and then.

use super::{CommandError, Output};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use shared::clock::{Clock, SystemClock, Timestamp};
use std::fmt::Display;
use std::io::IsTerminal;
use std::time::Duration;

/// How long a command may take without showing anything, and the pause between two lines.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause between two pictures of the bar.
const TICK: Duration = Duration::from_millis(100);

/// The progress of one command.
pub(super) struct Progress {
    output: Output,
    /// The moment of the start, or of the last line.
    shown: Timestamp,
    /// On a terminal.
    bar: Option<ProgressBar>,
}

/// A fact, and whether it is the last one.
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
    /// Begins. With the number of all steps the bar shows a share, otherwise a count.
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

    /// Tells how far it is. Call it as often as there is something new.
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
                // The work goes on when nobody reads: the last line tells whether it was done.
                let _ = self.output.line(&Stated { state: "progress", fact });
            }
            None => {}
        }
    }

    /// Tells the end.
    pub fn done(self, fact: &(impl Serialize + Display)) -> Result<(), CommandError> {
        self.clear();
        self.output.line(&Stated { state: "done", fact })
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
