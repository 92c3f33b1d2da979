//! Where reference data come from: a folder with a file for each table, files of their own, or both; of a running pipeline
//! topics too.

mod compaction;
mod source;

pub use source::{Look, ReferenceSource};

use ingest::reference_files::{self, ReferenceError, ReferenceFiles};
use ingest::reference_topics::ReferenceTopics;
use std::path::PathBuf;
use std::sync::Arc;
use touchpoint::Reference;

/// What was named, not yet opened. A file of its own stands in place of the folder's file for the same table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceInput {
    /// A folder: a table by its name.
    pub folder: Option<PathBuf>,
    /// Files by table.
    pub files: ReferenceFiles,
    /// Topics by table; none for a table that has a file.
    pub topics: ReferenceTopics,
}

impl ReferenceInput {
    /// Whether anything was named.
    pub fn is_given(&self) -> bool {
        self.folder.is_some() || !self.files.is_empty() || !self.topics.is_empty()
    }

    /// The files as they are now: a folder is listed anew each time.
    pub fn files(&self) -> ReferenceFiles {
        let mut files = self.folder.as_deref().map(ReferenceFiles::in_folder).unwrap_or_default();
        for (table, path) in self.files.iter() {
            files.set(table, path.to_owned());
        }
        files
    }

    /// Loads the files; nothing is known when none was named.
    ///
    /// # Errors
    /// Every problem of the folder and of all files at once; their author has to mend them.
    pub fn load(&self) -> Result<Arc<Reference>, ReferenceError> {
        Ok(Arc::new(reference_files::load(&self.files())?))
    }
}

#[cfg(test)]
mod tests {
    use super::ReferenceInput;
    use ingest::reference_files::ReferenceTable;

    #[test]
    fn a_file_of_its_own_stands_in_place_of_the_folder_s() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        write("all/hcps.csv", "hcp_id\nh1\nh2\n");
        write("all/people.ndjson", "{\"owner_id\": \"rep-1\"}\n");
        let own = write("own.csv", "hcp_id\nh3\n");
        let mut input = ReferenceInput { folder: Some(folder.path().join("all")), ..ReferenceInput::default() };
        assert!(input.is_given() && !ReferenceInput::default().is_given());
        assert_eq!(input.load().unwrap().hcp_count(), 2);
        input.files.set(ReferenceTable::Hcps, own);
        let reference = input.load().unwrap();
        assert!(reference.hcp_count() == 1 && reference.person("rep-1", 0).is_some());
        assert_eq!(ReferenceInput::default().load().unwrap().version(), "none");
    }
}
