//! The process of the service.

use crate::Builder;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The time limit for the service to end by itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// The start of the line on standard output that contains the lab's URL. The service answers requests from then on.
const READY: &str = "the lab is at ";
const PATH: &str = "/_latchkey/lab/";

/// The process of the service. It is killed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
    /// Kept open, because a service that writes to a closed pipe ends.
    _output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(builder: &Builder) -> Self {
        let mut command = builder.command();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let (log, collector) = collect(child.stderr.take().expect("standard error is a pipe"));
        let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let url = lines.find_map(|line| Some(line.strip_prefix(READY)?.strip_suffix(PATH)?.to_owned()));
        let mut process = Self { child, url: url.unwrap_or_default(), log, _output: output };
        if process.url.is_empty() {
            process.kill();
            collector.join().expect("the collector does not panic");
            panic!("the service did not start: {}", process.log());
        }
        process
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no thread panics with the log").clone()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill(); // it might have ended already
        let _ = self.child.wait();
    }

    pub(crate) fn wait_for_death(&mut self) {
        let end = Instant::now() + PATIENCE;
        while self.child.try_wait().expect("the process is a child of this one").is_none() {
            assert!(Instant::now() < end, "the service did not die");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Collects the output of a pipe line by line, in a thread that ends with the pipe.
fn collect(pipe: impl Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let log = Arc::new(Mutex::new(String::new()));
    let sink = log.clone();
    let collector = std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap_or(0) > 0 {
            sink.lock().expect("no thread panics with the log").push_str(&std::mem::take(&mut line));
        }
    });
    (log, collector)
}
