//! The time at which the table of a data folder was restored. It is stored in the folder and is the local service's
//! default for `LATCHKEY_RESTORED_AT`.

use crate::private;
use std::io::{ErrorKind, Result};
use std::path::Path;

const FILE: &str = "restored-at";

/// Returns the time in the data folder, if there is one.
pub(crate) fn find(data: Option<&Path>) -> Result<Option<String>> {
    let Some(folder) = data else { return Ok(None) };
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(moment) => Ok(Some(moment.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Stores a time in the data folder, and replaces an earlier one.
pub(crate) fn put(folder: &Path, moment: &str) -> Result<()> {
    let path = folder.join(FILE);
    private::touch(&path)?;
    std::fs::write(path, format!("{moment}\n"))
}
