//! Where the tables lie: a local folder or any object-store URL, with one sub-folder per table.

use crate::error::StoreError;
use crate::table::Table;
use std::path::{Path, PathBuf};
use url::Url;

/// The folder that holds the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    root: Url,
}

impl Location {
    /// A local path (made absolute) or a URL. Creates nothing.
    ///
    /// # Errors
    /// The text is neither, or the path cannot be made absolute.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let refused = |reason: String| StoreError::Location { location: text.to_owned(), reason };
        let mut root = if text.contains("://") {
            Url::parse(text).map_err(|e| refused(e.to_string()))?
        } else if text.is_empty() {
            return Err(refused("it is empty".to_owned()));
        } else {
            let path = std::path::absolute(text).map_err(|e| refused(e.to_string()))?;
            Url::from_directory_path(path).map_err(|()| refused("it is not a path that a URL can hold".to_owned()))?
        };
        if !root.path().ends_with('/') {
            let path = format!("{}/", root.path());
            root.set_path(&path);
        }
        Ok(Self { root })
    }

    /// The local folder, `None` for an object store.
    pub fn local_path(&self) -> Option<PathBuf> {
        (self.root.scheme() == "file").then(|| self.root.to_file_path().ok()).flatten()
    }

    /// The URL of a table's folder.
    ///
    /// # Errors
    /// The URL cannot have parts below it.
    pub fn table_url(&self, table: Table) -> Result<Url, StoreError> {
        let joined = self.root.join(&format!("{}/", table.name()));
        joined.map_err(|e| StoreError::Location { location: self.to_string(), reason: e.to_string() })
    }

    pub(crate) fn create_folder(&self, table: Table) -> Result<(), StoreError> {
        let Some(path) = self.local_path() else { return Ok(()) };
        create_dir(&path.join(table.name()))
    }
}

fn create_dir(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path)
        .map_err(|e| StoreError::Location { location: path.display().to_string(), reason: e.to_string() })
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.local_path() {
            Some(path) => write!(f, "{}", path.display()),
            // A URL may carry credentials; a message never does.
            None => write!(f, "{}://{}{}", self.root.scheme(), self.root.host_str().unwrap_or(""), self.root.path()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;
    use crate::table::Table;

    #[test]
    fn paths_and_urls_hold_tables_below_them() {
        let local = Location::parse("/tmp/some folder").unwrap();
        assert_eq!(local.local_path().unwrap().to_str(), Some("/tmp/some folder/"));
        assert_eq!(local.table_url(Table::DeadLetters).unwrap().path(), "/tmp/some%20folder/dead_letters/");
        let remote = Location::parse("s3://user:secret@bucket/a/b").unwrap();
        assert_eq!(remote.local_path(), None);
        assert_eq!(remote.table_url(Table::TouchpointLog).unwrap().path(), "/a/b/touchpoint_log/");
        assert!(!remote.to_string().contains("secret"));
        assert!(Location::parse("").is_err());
    }
}
