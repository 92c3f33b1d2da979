//! A text file that is read again and again.
//!
//! The text is compared, not its time: a file on any volume, a link that is turned, and an editor that writes in two steps
//! are all seen. The same text is told once, unless somebody asks.

use super::occasion::Occasion;
use std::io;
use std::path::PathBuf;

/// See the module.
pub(super) struct WatchedText {
    file: PathBuf,
    /// The text as it was last read, `None` when it could not be; before the first look nothing is known.
    seen: Option<Option<String>>,
}

impl WatchedText {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, seen: None }
    }

    /// The file as it was given.
    pub(super) fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// The text, or why it cannot be read, if that is another one than at the last look or somebody asks.
    pub(super) async fn look(&mut self, occasion: Occasion) -> Option<io::Result<String>> {
        let text = tokio::fs::read_to_string(&self.file).await;
        let seen = Some(text.as_ref().ok().cloned());
        if occasion == Occasion::Time && seen == self.seen {
            return None;
        }
        self.seen = seen;
        Some(text)
    }
}
