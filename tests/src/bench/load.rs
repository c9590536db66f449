//! The load generator: many connections, each of which sends one request after the other.

use crate::Failure;
use crate::client::Client;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{ScopedJoinHandle, scope};
use std::time::{Duration, Instant};

/// A request.
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// One header in addition to those that every request has.
    pub header: Option<(&'static str, String)>,
    /// A JSON document, or an empty text.
    pub body: String,
}

impl Request {
    /// Formats the request as it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { method, path, body, .. } = self;
        let header = self.header.as_ref().map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n{header}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// The result of a load.
pub struct Measured {
    /// The latency of each response, in ascending order.
    pub latencies: Vec<Duration>,
    /// The bodies of the responses, in the order of the requests.
    pub bodies: Vec<Vec<u8>>,
    /// The time from the first request to the last response.
    pub elapsed: Duration,
}

/// The result of one request.
struct Sample {
    number: usize,
    latency: Duration,
    body: Vec<u8>,
}

/// Sends `count` numbered requests over this number of connections. A response with another status is an error.
pub fn drive(
    connections: usize,
    count: usize,
    status: u16,
    connect: impl Fn() -> std::io::Result<Client>,
    request: impl Fn(usize) -> Request + Sync,
) -> Result<Measured, Failure> {
    let clients = (0..connections).map(|_| connect()).collect::<Result<Vec<_>, _>>()?;
    let (next, ready) = (AtomicUsize::new(0), Barrier::new(connections + 1));
    let work = |mut client: Client| -> Result<Vec<Sample>, Failure> {
        let mut samples = Vec::new();
        ready.wait();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(samples);
            }
            let request = request(number);
            let sent = Instant::now();
            let answer = client.send(&request)?;
            let latency = sent.elapsed();
            if answer.status != status {
                next.store(count, Ordering::Relaxed);
                let (path, text) = (&request.path, String::from_utf8_lossy(&answer.body));
                return Err(format!("{path} answered {} instead of {status}: {text}", answer.status).into());
            }
            samples.push(Sample { number, latency, body: answer.body });
        }
    };
    let work = &work;
    let (samples, elapsed) = scope(|scope| {
        let threads = clients.into_iter().map(|client| scope.spawn(move || work(client))).collect::<Vec<_>>();
        ready.wait();
        let start = Instant::now();
        let samples = threads.into_iter().map(finish).collect::<Result<Vec<_>, _>>();
        (samples, start.elapsed())
    });
    let mut samples = samples?.into_iter().flatten().collect::<Vec<_>>();
    samples.sort_unstable_by_key(|sample| sample.number);
    let mut latencies = samples.iter().map(|sample| sample.latency).collect::<Vec<_>>();
    latencies.sort_unstable();
    Ok(Measured { latencies, bodies: samples.into_iter().map(|sample| sample.body).collect(), elapsed })
}

fn finish(thread: ScopedJoinHandle<'_, Result<Vec<Sample>, Failure>>) -> Result<Vec<Sample>, Failure> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
