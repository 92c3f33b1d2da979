//! One file of the audit log: lines at its end, on the disk when the call returns.

use chrono::DateTime;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use touchpoint::Micros;

/// The file of a day.
pub(super) fn name(day: Micros) -> String {
    let date = DateTime::from_timestamp_micros(day).map(|at| at.format("%Y-%m-%d").to_string());
    format!("{}.ndjson", date.unwrap_or_else(|| "unknown".to_owned()))
}

/// Appends `lines` to a file that is made where it is missing, its folder too.
pub(super) fn append(folder: &Path, name: &str, mut lines: String) -> io::Result<()> {
    let path = folder.join(name);
    let (mut file, is_new) = open(folder, &path)?;
    if !is_new && !ends_a_line(&mut file)? {
        lines.insert(0, '\n');
    }
    file.write_all(lines.as_bytes())?;
    file.sync_data()?;
    if is_new { sync_folder(folder) } else { Ok(()) }
}

fn open(folder: &Path, path: &Path) -> io::Result<(File, bool)> {
    let mut options = File::options();
    options.read(true).append(true);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened.map(|file| (file, false)),
    }
    make_folder(folder)?;
    for_its_owner(&mut options);
    match options.create_new(true).open(path) {
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            File::options().read(true).append(true).open(path).map(|file| (file, false))
        }
        created => created.map(|file| (file, true)),
    }
}

/// Makes a file anew, for its owner's eyes, in place of one that may be there.
pub(super) fn create_beside(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    for_its_owner(&mut options);
    options.open(path)
}

#[cfg(unix)]
fn for_its_owner(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn for_its_owner(_: &mut OpenOptions) {}

/// Whether the file is empty or its last byte ends a line.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Makes the folder and those above it, each name durable.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), make_folder)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists || !folder.is_dir() => Err(error),
        _ => sync_folder(above.unwrap_or(Path::new("."))),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened, and names are durable with their files.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
