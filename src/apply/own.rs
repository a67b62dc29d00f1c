//! Files of our own: reports, and a configuration to begin with.

use super::WriteError;
use super::journal::private_directory;
use super::temp::{Kind, Temp};
use super::while_doing;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file that others may wait for: it is there as a whole or not at all. What is no regular
/// file, such as a pipe, is written to.
///
/// # Errors
/// See [`WriteError`].
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(&target)
            .map_err(while_doing("open it for writing"))?;
        return file.write_all(bytes).map_err(while_doing("write it"));
    }
    let directory = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let (temp, mut file) = Temp::create(directory, &target, Kind::New)
        .map_err(while_doing("create a temporary file beside it"))?;
    file.write_all(bytes)
        .map_err(while_doing("write a temporary file beside it"))?;
    // Others may read it; the mask of the user does not reach what was made for one.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.set_permissions(mode)
        .map_err(while_doing("give the new file its mode"))?;
    file.sync_all()
        .map_err(while_doing("flush the new file to disk"))?;
    fs::rename(temp.path(), &target).map_err(while_doing("put the new file in place"))?;
    temp.keep();
    Ok(())
}

/// Writes a file below the user's state directory; without bytes, there is none.
///
/// # Errors
/// See [`WriteError`].
pub fn remember(path: &Path, bytes: Option<&[u8]>) -> Result<(), WriteError> {
    let Some(bytes) = bytes else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(while_doing("remove it")(error))
            }
            _ => Ok(()),
        };
    };
    if let Some(directory) = path.parent() {
        private_directory(directory).map_err(while_doing("create its directory"))?;
    }
    put(path, bytes)
}

/// Writes a file that is not there yet.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(while_doing("create it"))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(while_doing("write it"))
}
