//! A file that is there whole or not at all: written beside its name, and given the name when everything is on the disk.

use std::fs::{self, File};
use std::io::{BufWriter, Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// See the module. Dropped before [`WholeFile::finish`], it leaves nothing, and what had the name before keeps it.
#[derive(Debug)]
pub struct WholeFile {
    bytes: BufWriter<File>,
    beside: PathBuf,
    target: PathBuf,
    in_place: bool,
}

impl WholeFile {
    /// Begins a file that shall have this name.
    ///
    /// # Errors
    /// The folder is not there or not writable, or something that is no file has the name.
    pub fn named(target: &Path) -> Result<Self> {
        Self::begin(target).map_err(|error| told(target, &error))
    }

    fn begin(target: &Path) -> Result<Self> {
        // A link stays one: what it points to is replaced.
        let target = match fs::canonicalize(target) {
            Ok(real) if fs::metadata(&real)?.is_file() => real,
            Ok(_) => return Err(Error::new(ErrorKind::InvalidInput, "it exists and is no file")),
            Err(error) if error.kind() == ErrorKind::NotFound => target.to_path_buf(),
            Err(error) => return Err(error),
        };
        let name = target.file_name().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "it names no file"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.partial", std::process::id()));
        let beside = target.with_file_name(hidden);
        let bytes = BufWriter::new(File::create(&beside)?);
        Ok(Self { bytes, beside, target, in_place: false })
    }

    /// Gives it the name.
    ///
    /// # Errors
    /// The disk is full, or the folder went away; nothing is left then.
    pub fn finish(mut self) -> Result<()> {
        let target = self.target.clone();
        self.take_name().map_err(|error| told(&target, &error))
    }

    fn take_name(&mut self) -> Result<()> {
        self.bytes.flush()?;
        self.bytes.get_ref().sync_all()?;
        fs::rename(&self.beside, &self.target)?;
        self.in_place = true;
        Ok(())
    }
}

/// The kind stays; whoever reads it wants the name of the file.
fn told(target: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("{}: {error}", target.display()))
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.bytes.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.in_place
            && let Err(error) = fs::remove_file(&self.beside)
        {
            tracing::debug!(%error, "an unfinished file stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WholeFile;
    use std::fs::{read_dir, read_to_string, write};
    use std::io::Write;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("out.csv");
        write(&name, "before").unwrap();

        let mut half = WholeFile::named(&name).unwrap();
        half.write_all(b"half").unwrap();
        half.flush().unwrap();
        assert_eq!(read_to_string(&name).unwrap(), "before");
        drop(half);
        assert_eq!(read_dir(folder.path()).unwrap().count(), 1, "nothing is left of it");

        let mut whole = WholeFile::named(&name).unwrap();
        whole.write_all(b"whole").unwrap();
        whole.finish().unwrap();
        assert_eq!(read_to_string(&name).unwrap(), "whole");
        assert_eq!(read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(WholeFile::named(folder.path()).is_err());
        assert!(WholeFile::named(std::path::Path::new("/dev/null")).is_err());
        assert!(WholeFile::named(&folder.path().join("missing/out.csv")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        write(&real, "before").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut file = WholeFile::named(&link).unwrap();
        file.write_all(b"after").unwrap();
        file.finish().unwrap();
        assert_eq!((read_to_string(&real).unwrap().as_str(), link.is_symlink()), ("after", true));
    }
}
