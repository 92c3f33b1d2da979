//! Files that were named on the command line: one that cannot be read is bad usage, and nothing was done.

use crate::cli::value::UsageError;
use std::fs::File;
use std::io;
use std::path::Path;

/// The text of a file.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub(super) fn text(file: &Path) -> Result<String, UsageError> {
    std::fs::read_to_string(file).map_err(|source| UsageError(unreadable(file, &source)))
}

/// Looks whether files can be read at all, before anything is done with the first of them.
///
/// # Errors
/// Every one that cannot, at once.
pub(super) fn all_readable<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<(), UsageError> {
    let problem = |file: &Path| open(file).err().map(|source| unreadable(file, &source));
    let problems: Vec<String> = files.into_iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(UsageError(problems.join("\n"))) }
}

/// A folder opens, and cannot be read.
fn open(file: &Path) -> io::Result<()> {
    let is_folder = File::open(file)?.metadata()?.is_dir();
    if is_folder { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) }
}

fn unreadable(file: &Path, source: &io::Error) -> String {
    format!("cannot read {}: {source}; check its name, and that this user may read it", file.display())
}

#[cfg(test)]
mod tests {
    use super::{all_readable, text};

    #[test]
    fn every_file_that_cannot_be_read_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (there, missing) = (folder.path().join("there"), folder.path().join("missing"));
        std::fs::write(&there, "x").unwrap();
        assert!(all_readable([there.as_path()]).is_ok());
        assert_eq!(text(&there).unwrap(), "x");
        let error = all_readable([there.as_path(), missing.as_path(), folder.path()]).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 2, "{error}");
        assert!(error.contains("missing: ") && !error.contains("there"), "{error}");
        assert!(text(&missing).unwrap_err().to_string().starts_with("cannot read "));
    }
}
