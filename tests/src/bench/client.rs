//! A minimal HTTP/1.1 client with little overhead: one request at a time on a connection that is kept alive.

use crate::Failure;
use crate::load::Request;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The maximum size of a response, including its head. Responses of the service are much smaller.
const MOST: usize = 1 << 20;
/// The time limit for a response.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// Opens a connection.
    pub fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its response.
    pub fn send(&mut self, request: &Request) -> Result<Answer, Failure> {
        self.stream.write_all(&request.bytes())?;
        self.received.clear();
        let head = loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.receive()?;
        };
        let (status, length) = read_head(std::str::from_utf8(&self.received[..head])?)?;
        while self.received.len() < head + length {
            self.receive()?;
        }
        Ok(Answer { status, body: self.received[head..head + length].to_vec() })
    }

    fn receive(&mut self) -> Result<(), Failure> {
        let mut chunk = [0; 4096];
        let length = self.stream.read(&mut chunk)?;
        if length == 0 || self.received.len() > MOST {
            return Err("the service broke off its answer".into());
        }
        self.received.extend_from_slice(&chunk[..length]);
        Ok(())
    }
}

/// Parses the status and the length of the body.
fn read_head(head: &str) -> Result<(u16, usize), Failure> {
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("an answer without a status")?;
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.ok_or("an answer without a length")?;
    Ok((status.parse()?, length.trim().parse()?))
}
