//! Files that only their owner can read: keys, sealed secrets, and messages with login links.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Result;
use std::path::Path;

/// Creates a folder and its parents. An existing folder keeps its permissions, because it can be shared on purpose.
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

/// Creates a file if it does not exist. Restricts an existing file to its owner.
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
