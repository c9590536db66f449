//! The process of the service, and what Linux reports about it.

use crate::client::Client;
use crate::load::Request;
use crate::{Failure, poll};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The number of ticks per second in which Linux counts CPU time in `/proc`. It is 100 on all usual systems.
const TICKS: u64 = 100;
/// The time limit for a start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running service. It is killed when this value is dropped.
pub struct Service {
    process: Child,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The time from the start of the process to its first successful response.
    pub ready: Duration,
}

impl Service {
    /// Starts the service with a data folder, and waits until it answers requests.
    pub fn start(binary: &Path, folder: &Path, settings: &[(&str, &str)]) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let urls = json!({"account_confirm_email": "https://app.example.test/verify-email/{key}"});
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("ACCOUNT_RATE_LIMITS", "false")
            .env("ACCOUNT_EMAIL_VERIFICATION", "none")
            .env("HEADLESS_FRONTEND_URLS", urls.to_string())
            .envs(settings.iter().copied())
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("MALLOC_") || name == "RUST_LOG"))
            .args(["--listen", &address.to_string()])
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--outbox")
            .arg(folder.join("outbox"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let start = Instant::now();
        let process = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut service = Self { process, address, ready: Duration::ZERO };
        poll(PATIENCE, || service.try_config())?;
        service.ready = start.elapsed();
        Ok(service)
    }

    /// Requests the configuration. Returns `None` while the service does not listen yet.
    fn try_config(&mut self) -> Result<Option<()>, Failure> {
        if let Some(status) = self.process.try_wait()? {
            return Err(format!("the service ended at its start: {status}").into());
        }
        let Ok(mut client) = Client::connect(self.address) else { return Ok(None) };
        let path = "/_allauth/app/v1/config".to_owned();
        let answer = client.send(&Request { method: "GET", path, header: None, body: String::new() })?;
        if answer.status == 200 { Ok(Some(())) } else { Err(format!("config answered {}", answer.status).into()) }
    }

    /// Returns the CPU time that the service has used so far.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        cpu_of(&self.process.id().to_string())
    }

    /// Returns the peak memory since [`Service::forget_peak_memory`], in MiB.
    pub fn peak_memory(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc")?;
        Ok(peak.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
    }

    /// Resets the peak memory to the current amount.
    pub fn forget_peak_memory(&self) -> Result<(), Failure> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5")?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the CPU time that a process (a number, or `self`) has used so far, in user mode and in the kernel.
pub fn cpu_of(process: &str) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, which can contain any characters.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat cannot be read")?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut time = || times.next().ok_or("/proc/PID/stat is too short");
    let ticks = time()?? + time()??;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Returns a port that is probably free.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
