//! A transport that writes messages to a folder.

use crate::private::create_file;
use mailer::{SendError, Sent, Transport};
use shared::clock::{Clock, SystemClock};
use shared::outbox::mime::sms_file;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes each message to a file: `*.eml` and `*.sms`, in the order in which they were sent.
pub struct Folder {
    path: PathBuf,
    written: AtomicU64,
}

impl Folder {
    /// Creates the transport. The folder must exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path, written: AtomicU64::new(0) }
    }

    /// Writes the file under a temporary name first, so that programs that watch the folder see only complete messages.
    fn write(&self, kind: &str, bytes: &[u8]) -> Result<(), SendError> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:020}-{number:06}.{kind}", SystemClock.now().0);
        let partial = self.path.join(format!(".{name}"));
        let transient = |error: std::io::Error| SendError::Transient(error.to_string());
        create_file(&partial).and_then(|mut file| file.write_all(bytes)).map_err(transient)?;
        std::fs::rename(&partial, self.path.join(name)).map_err(transient)
    }
}

impl Transport for Folder {
    fn mail<'a>(&'a self, _to: &'a str, message: &'a [u8]) -> Sent<'a> {
        Box::pin(async move { self.write("eml", message) })
    }

    fn sms<'a>(&'a self, to: &'a str, text: &'a str) -> Sent<'a> {
        Box::pin(async move { self.write("sms", sms_file(to, text).as_bytes()) })
    }
}
