//! The users file on the disk: read if not everybody can, written whole or not at all.

use super::UsersError;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

/// The text of a file that not everybody can read.
///
/// # Errors
/// [`UsersError::File`], [`UsersError::Open`].
pub fn read_file(path: &Path) -> Result<String, UsersError> {
    let name = || path.display().to_string();
    let unreadable = |source| UsersError::File { what: "read", file: name(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    if is_open(&file).map_err(unreadable)? {
        return Err(UsersError::Open { file: name() });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(unix)]
fn is_open(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open(_file: &File) -> std::io::Result<bool> {
    Ok(false)
}

/// Puts `text` in the place of the file: beside it first, readable by its owner alone, then under its name.
///
/// # Errors
/// [`UsersError::File`]; the old file is as it was.
pub fn write_file(path: &Path, text: &str) -> Result<(), UsersError> {
    let beside = path.with_extension("toml.new");
    let written = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    written().map_err(|source| UsersError::File { what: "write", file: path.display().to_string(), source })
}
