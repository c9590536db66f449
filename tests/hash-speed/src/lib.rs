//! Measures the password hash in two builds: one with the profile `release`, and one with the profile `reference`,
//! which is a plain `opt-level = 3`.
//!
//! A profile that makes small binaries can cost the hash its SIMD instructions without any other sign. No absolute time
//! would tell, since machines differ. So both builds run in turns on the same machine, and their ratio tells.

use std::fs::read_to_string;
use std::path::Path;
use std::process::Command;

/// Anything that keeps a measurement from being one.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Hashes in one turn of a build.
const HASHES: u8 = 8;
/// Turns that each build gets at least.
const LEAST_TURNS: usize = 12;
/// Turns that each build gets at most.
const MOST_TURNS: usize = 120;
/// The ratio that needs no more turns.
const GOOD: f64 = 1.05;

/// CPU time of one hash with the default parameters, in milliseconds, in two builds.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// In the build that is examined.
    pub own: f64,
    /// In the reference build.
    pub reference: f64,
}

impl Comparison {
    /// How many times as long as the reference the examined build takes.
    pub fn ratio(self) -> f64 {
        self.own / self.reference
    }
}

/// Runs two builds of this program in turns, and keeps the least time of each: other processes only ever make a hash
/// slower. On a busy machine it takes more turns, until the two are within 5 %, or after 120 turns.
///
/// Every turn is a process of its own, so that both builds get new memory each time.
///
/// Returns an error if a build does not run, or if the system does not tell CPU times (only Linux does).
pub fn compare(own: &Path, reference: &Path) -> Result<Comparison, Failure> {
    let mut least = Comparison { own: f64::INFINITY, reference: f64::INFINITY };
    for turn in 0..MOST_TURNS {
        if turn >= LEAST_TURNS && least.ratio() <= GOOD {
            break;
        }
        least.own = least.own.min(ask(own)?);
        least.reference = least.reference.min(ask(reference)?);
    }
    Ok(least)
}

/// The least CPU time of a few hashes in this build, in milliseconds.
///
/// Returns an error if the system does not tell CPU times.
pub fn least_cpu() -> Result<f64, Failure> {
    let mut least = f64::INFINITY;
    for salt in 0..HASHES {
        let before = thread_cpu()?;
        std::hint::black_box(password::hash("correct-Horse-42-battery", [salt; 16], &password::Parameters::default()));
        least = least.min((thread_cpu()? - before) as f64 / 1e6);
    }
    Ok(least)
}

/// The time that a build of this program reports.
fn ask(build: &Path) -> Result<f64, Failure> {
    let output = Command::new(build).output().map_err(|error| {
        format!(
            "{}: {error}; build `hash-speed` with `--release` and with `--profile reference` beforehand",
            build.display()
        )
    })?;
    if !output.status.success() {
        return Err(format!("{}: {}", build.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// CPU time of this thread so far, in nanoseconds.
fn thread_cpu() -> Result<u64, Failure> {
    let text = read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("/proc/thread-self/schedstat is empty")?.parse()?)
}
