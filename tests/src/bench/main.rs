//! Measures the service: the cost of a request, the number of requests per second, and the startup time.
//!
//! The service is a release build, in its own process with a temporary folder. The load is sent over loopback. On a
//! machine with few cores, the load generator uses a part of them, so its CPU time is printed too.

#![allow(clippy::disallowed_methods)] // measures real time

mod client;
mod load;
mod service;

use clap::Parser;
use client::Client;
use load::{Measured, Request};
use serde_json::{Value, json};
use service::{Service, cpu_of};
use shared::jwt::{Claims, Issuer, Keyring, Leeway, SigningKey, Subject, TokenUse, sign, verify};
use shared::secret::password::{self, Parameters};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct-Horse-42-battery";
/// The number of hashes that are computed on each core to measure the cost of one.
const HASHES: u8 = 30;

/// An error that makes a measurement impossible.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures a release build of `latchkey`.
#[derive(Parser)]
struct Cli {
    /// The binary of the service.
    #[arg(long, default_value = "target/release/latchkey")]
    bin: PathBuf,
    /// Connections that are kept alive, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Number of requests for the operation that computes no password hash; 0 skips it.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// Number of requests for each operation that computes one. The logins use the accounts of the signups.
    #[arg(long, default_value_t = 400)]
    hashed: usize,
    /// Number of starts. Their median is printed.
    #[arg(long, default_value_t = 9)]
    starts: usize,
    /// `hash-speed`, built with the same profile as the service.
    #[arg(long, default_value = "target/release/hash-speed")]
    hash_speed: PathBuf,
    /// `hash-speed`, built with the profile `reference`.
    #[arg(long, default_value = "target/reference/hash-speed")]
    reference: PathBuf,
    /// The parent of the temporary folder; by default the system's. Commits wait for its disk.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let place = cli.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = place.join(format!("latchkey-bench-{}", std::process::id()));
    let measured = measure(cli, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

fn measure(cli: &Cli, folder: &std::path::Path) -> Result<(), Failure> {
    let (mut fresh, mut again) = (Vec::new(), Vec::new());
    for number in 0..cli.starts.max(1) {
        let data = folder.join(number.to_string());
        fresh.push(Service::start(&cli.bin, &data, &[])?.ready);
        again.push(Service::start(&cli.bin, &data, &[])?.ready);
    }
    println!("ready after exec: {} ms with a new table, {} ms with an old one", median(&mut fresh), median(&mut again));

    let (alone, together) = (hash_cost(1)?, hash_cost(cores())?);
    println!("one argon2 hash (19 MiB, 2 passes): {alone:.2} ms CPU; {together:.2} ms with one on each core");
    let compared = hash_speed::compare(&cli.hash_speed, &cli.reference)?;
    println!(
        "the fastest of many: {:.2} ms CPU; in a plain build with opt-level 3: {:.2} ms; ratio {:.2}",
        compared.own,
        compared.reference,
        compared.ratio()
    );

    let (signed, checked) = token_costs()?;
    println!(
        "one access token: {signed:.3} ms CPU to sign, {checked:.3} ms CPU to check, with no request to the table"
    );

    let service = Service::start(&cli.bin, &folder.join("load"), &[])?;
    println!("memory before the first request: {:.1} MiB\n", service.peak_memory()?);
    println!(
        "{:<16} {:>8} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9} {:>11}",
        "operation", "requests", "req/s", "p50 ms", "p99 ms", "CPU ms", "CPU/hash", "peak MiB", "client CPU"
    );
    let load = Load { cli, service: &service, hash: together };
    let signups = load.row("signup", 200, cli.hashed, |number| credentials("signup", number, PASSWORD))?;
    let tokens = signups.iter().map(|body| meta(body, "session_token")).collect::<Result<Vec<_>, _>>()?;
    if !tokens.is_empty() {
        load.row("session GET", 200, cli.requests, |number| session(&tokens[number % tokens.len()]))?;
    }
    load.row("login", 200, cli.hashed, |number| credentials("login", number, PASSWORD))?;
    load.row("refused login", 400, cli.hashed, |number| credentials("login", number, "wrong-Horse-42-battery"))?;
    drop(service);
    measure_tokens(cli, folder, together)
}

/// Measures logins with signed tokens, refreshes, and requests with access tokens.
fn measure_tokens(cli: &Cli, folder: &std::path::Path, hash: f64) -> Result<(), Failure> {
    let service = Service::start(&cli.bin, &folder.join("tokens"), &[("HEADLESS_TOKEN_STRATEGY", "jwt")])?;
    let load = Load { cli, service: &service, hash };
    let signups = load.row("signup, tokens", 200, cli.hashed, |number| credentials("signup", number, PASSWORD))?;
    let of = |name: &str| signups.iter().map(|body| meta(body, name)).collect::<Result<Vec<_>, _>>();
    let (refresh, access) = (of("refresh_token")?, of("access_token")?);
    load.row("refresh", 200, refresh.len(), |number| renewal(&refresh[number]))?;
    if !access.is_empty() {
        load.row("session, bearer", 200, cli.requests, |number| bearer(&access[number % access.len()]))?;
    }
    Ok(())
}

/// Returns the CPU time in milliseconds to sign an access token, which is the largest part of a refresh, and to verify
/// one, as an authorizer does.
fn token_costs() -> Result<(f64, f64), Failure> {
    const TOKENS: u32 = 500;
    let now = 1_700_000_000;
    let ring = Keyring::of_setting(SigningKey::generate()?.0);
    let issuer = Issuer::new("https://login.example.test", None)?;
    let subject = Subject { sub: "user".to_owned(), sid: "1".to_owned() };
    let claims = Claims::access(&issuer, subject, [7; 16], now, 300, serde_json::Map::new());
    let key = ring.signer(now).ok_or("no key")?;
    let token = sign(&claims, key)?;
    let each = |work: &dyn Fn() -> Result<(), Failure>| {
        let before = cpu_of("self")?;
        (0..TOKENS).try_for_each(|_| work())?;
        Ok::<f64, Failure>((cpu_of("self")? - before).as_secs_f64() * 1e3 / f64::from(TOKENS))
    };
    let signed = each(&|| {
        std::hint::black_box(sign(&claims, key)?);
        Ok(())
    })?;
    let checked = each(&|| {
        std::hint::black_box(verify(&token, &ring, &issuer, TokenUse::Access, now, Leeway::default())?);
        Ok(())
    })?;
    Ok((signed, checked))
}

/// The data that all rows of the table need.
struct Load<'a> {
    cli: &'a Cli,
    service: &'a Service,
    hash: f64,
}

impl Load<'_> {
    /// Measures an operation and prints its row. Returns the bodies of the responses, in the order of the requests.
    fn row(
        &self,
        name: &str,
        status: u16,
        count: usize,
        request: impl Fn(usize) -> Request + Sync,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        self.service.forget_peak_memory()?;
        let connect = || Client::connect(self.service.address);
        let before = (self.service.cpu()?, cpu_of("self")?);
        let Measured { latencies, bodies, elapsed } =
            load::drive(self.cli.connections, count, status, connect, request)?;
        let each = |total: Duration| total.as_secs_f64() * 1e3 / count as f64;
        let (server, client) = (each(self.service.cpu()? - before.0), each(cpu_of("self")? - before.1));
        println!(
            "{name:<16} {count:>8} {:>9.0} {:>9.2} {:>9.2} {server:>9.3} {:>10.2} {:>9.1} {client:>11.3}",
            count as f64 / elapsed.as_secs_f64(),
            percentile(&latencies, 50),
            percentile(&latencies, 99),
            server / self.hash,
            self.service.peak_memory()?,
        );
        Ok(bodies)
    }
}

fn credentials(endpoint: &str, number: usize, password: &str) -> Request {
    let body = json!({"email": format!("user-{number}@example.test"), "password": password}).to_string();
    Request { method: "POST", path: format!("/_allauth/app/v1/auth/{endpoint}"), header: None, body }
}

fn session(token: &str) -> Request {
    let header = Some(("X-Session-Token", token.to_owned()));
    Request { method: "GET", path: "/_allauth/app/v1/auth/session".to_owned(), header, body: String::new() }
}

fn bearer(token: &str) -> Request {
    let header = Some(("Authorization", format!("Bearer {token}")));
    Request { header, ..session("") }
}

fn renewal(token: &str) -> Request {
    let body = json!({"refresh_token": token}).to_string();
    Request { method: "POST", path: "/_allauth/app/v1/tokens/refresh".to_owned(), header: None, body }
}

fn meta(body: &[u8], name: &str) -> Result<String, Failure> {
    let answer = serde_json::from_slice::<Value>(body)?;
    Ok(answer["meta"][name].as_str().ok_or_else(|| format!("a signup gave no {name}"))?.to_owned())
}

/// Returns the CPU time of one hash in milliseconds, while this number of threads each compute one at a time. The
/// threads share caches and memory, as in a service under load.
fn hash_cost(threads: usize) -> Result<f64, Failure> {
    let before = cpu_of("self")?;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for salt in 0..HASHES {
                    std::hint::black_box(password::hash(PASSWORD, [salt; 16], &Parameters::default()));
                }
            });
        }
    });
    let spent = cpu_of("self")? - before;
    Ok(spent.as_secs_f64() * 1e3 / (threads * usize::from(HASHES)) as f64)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Formats the median of some durations, in milliseconds.
fn median(durations: &mut [Duration]) -> String {
    durations.sort_unstable();
    format!("{:.1}", durations[durations.len() / 2].as_secs_f64() * 1e3)
}

/// Returns the latency, in milliseconds, that this percentage of requests did not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
}

/// Calls `attempt` until it returns a value. Its pauses are too short to affect a measurement.
pub(crate) fn poll<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if let Some(value) = attempt()? {
            return Ok(value);
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    Err("the service does not get ready".into())
}
