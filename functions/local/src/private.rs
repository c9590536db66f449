//! Files that nobody but their owner reads: keys, sealed secrets, and messages with links that log in.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Result;
use std::path::Path;

/// Creates a folder, and those above it. One that exists stays as it is: it may be shared on purpose.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a file to write to. Fails if it exists.
pub(crate) fn create_file(path: &Path) -> Result<File> {
    options().create_new(true).open(path)
}

/// Creates a file if there is none, and takes an existing one away from everybody else.
pub(crate) fn touch(path: &Path) -> Result<()> {
    let file = options().create(true).truncate(false).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
