//! The size of a binary, and its compressed size in an upload.

use crate::Failure;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};
use std::path::Path;

/// Returns the size of a file in bytes, and its size in a ZIP archive.
pub fn of(path: &Path) -> Result<(u64, u64), Failure> {
    let mut file = std::fs::File::open(path)?;
    let mut deflated = DeflateEncoder::new(Count(0), Compression::default());
    let size = io::copy(&mut file, &mut deflated)?;
    Ok((size, deflated.finish()?.0))
}

/// A writer that counts bytes.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
