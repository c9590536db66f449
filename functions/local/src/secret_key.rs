//! The secret key of a local service. It is created once and stored in the data folder.

use crate::private;
use shared::random::{RandomSource, random_bytes};
use shared::secret::encode;
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

const FILE: &str = "secret-key";

/// Returns the key in the data folder, if there is one.
pub(crate) fn find(folder: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the key in the data folder. Creates one if there is none. Without a folder, the key is new each time.
pub(crate) fn find_or_make(data: Option<&Path>, random: &dyn RandomSource) -> Result<String> {
    let fresh = encode(&random_bytes::<32>(random));
    let Some(folder) = data else { return Ok(fresh) };
    private::create_folder(folder)?;
    let path = folder.join(FILE);
    match private::create_file(&path) {
        Ok(mut file) => file.write_all(fresh.as_bytes()).map(|()| fresh),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            private::touch(&path)?;
            std::fs::read_to_string(&path)
        }
        Err(error) => Err(error),
    }
}
