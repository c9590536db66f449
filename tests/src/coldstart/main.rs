//! Measures cold starts: the time of each function from exec to its first response, compared with a function that does
//! nothing.
//!
//! The binaries are started in turns, as Lambda starts them. Each has its own Runtime API on loopback, which sends it
//! one real event. DynamoDB and SES are stand-ins that answer at once, over plain HTTP and over TLS.

#![allow(clippy::disallowed_methods)] // measures real time

mod aws;
mod event;
mod runtime;
mod size;

use aws::{Aws, Endpoint};
use clap::Parser;
use event::{Scene, environment, events};
use runtime::{Sample, Started, start};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// An error that makes a measurement impossible.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The function that the others are compared with.
const EMPTY: &str = "empty-function";

/// Measures release builds of the functions.
#[derive(Parser)]
struct Cli {
    /// The folder of the binaries; by default the folder of this binary.
    #[arg(long)]
    bins: Option<PathBuf>,
    /// Functions to measure in addition to the empty one; by default all.
    #[arg(long)]
    only: Vec<String>,
    /// Number of starts of each function. Their median is printed.
    #[arg(long, default_value_t = 21)]
    starts: usize,
    /// The parent of the temporary folder for copies of the binaries and the certificate authority; by default the folder
    /// of the binaries.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// One line of the table.
struct Row {
    label: String,
    scene: Scene,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    samples: Vec<Sample>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("coldstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<(), Failure> {
    let own = std::env::current_exe()?;
    let bins = cli.bins.as_deref().or(own.parent()).ok_or("this binary is nowhere")?;
    let folder = tempfile::tempdir_in(cli.folder.as_deref().unwrap_or(bins))?;
    let rows = measure(cli, bins, folder.path()).await?;
    print!("{}", table(&rows)?);
    Ok(())
}

async fn measure(cli: &Cli, bins: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let bundle = &folder.join("authorities.pem");
    let aws = Aws::start(event::items().await?, bundle).await?;
    let mut rows = Vec::new();
    let wanted = |name: &str| name == EMPTY || cli.only.is_empty() || cli.only.iter().any(|only| only == name);
    for scene in events().into_iter().filter(|scene| wanted(scene.function)) {
        // Copy the binaries, as Lambda unpacks them from an archive. A file that the linker has just written is stored
        // in small pieces in the page cache, and takes longer to map.
        std::fs::copy(bins.join(scene.function), folder.join(scene.function))
            .map_err(|error| format!("{}: {error}", scene.function))?;
        let ways: &[Endpoint] =
            if scene.speaks_to_aws { &[Endpoint::Plain, Endpoint::Tls] } else { &[Endpoint::Plain] };
        for way in ways {
            let suffix = if *way == Endpoint::Tls { ", TLS" } else { "" };
            rows.push(Row {
                label: format!("{}{suffix}", scene.function),
                binary: folder.join(scene.function),
                environment: environment(&aws, *way, bundle),
                scene: scene.clone(),
                samples: Vec::new(),
            });
        }
    }
    // The first round fills the page cache. Its times are not counted.
    for round in 0..=cli.starts.max(1) {
        for row in &mut rows {
            let before = aws.requests();
            let Started { sample, answer } = start(&row.binary, &row.environment, &row.scene.event).await?;
            let asked = aws.requests() - before;
            if !(row.scene.is_right)(&answer) || asked != row.scene.requests {
                return Err(format!("{} answered {answer} after {asked} requests to AWS", row.label).into());
            }
            if round > 0 {
                row.samples.push(sample);
            }
        }
    }
    Ok(rows)
}

/// Formats the medians, each also as a multiple of the first row's.
fn table(rows: &[Row]) -> Result<String, Failure> {
    let mut text = format!(
        "{:<15} {:>7} {:>6}   {:>7} {:>6}   {:>7} {:>6}   {:>7} {:>6}\n",
        "from exec to", "CPU", "of", "wall", "of", "size", "of", "zipped", "of"
    );
    text += &format!(
        "{:<15} {:>7} {:>6}   {:>7} {:>6}   {:>7} {:>6}   {:>7} {:>6}\n",
        "first answer", "ms", "empty", "ms", "empty", "MB", "empty", "MB", "empty"
    );
    let mut first = None;
    for row in rows {
        let (size, zipped) = size::of(&row.binary)?;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let cpu = median(row.samples.iter().map(|sample| sample.cpu));
        let wall = median(row.samples.iter().map(|sample| sample.wall));
        let values = [cpu, wall, megabytes(size), megabytes(zipped)];
        let base = *first.get_or_insert(values);
        text += &format!("{:<15}", row.label);
        for (value, base) in values.iter().zip(base) {
            text += &format!(" {value:>7.2} {:>6.2}  ", value / base);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    Ok(text)
}

fn median(durations: impl Iterator<Item = Duration>) -> f64 {
    let mut all = durations.collect::<Vec<_>>();
    all.sort_unstable();
    all[all.len() / 2].as_secs_f64() * 1e3
}
