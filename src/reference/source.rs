//! Reference data as a running pipeline reads them: files anew each time, topics followed.

use super::ReferenceInput;
use super::compaction;
use ingest::kafka::KafkaConfig;
use ingest::reference_files::{Origin, Problem, ReferenceError, ReferenceFiles, Retry, TopicTables, load_all};
use ingest::reference_topics::{MessageCounts, ReferenceTopicError, TopicsReader};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use touchpoint::Reference;

/// What tells one state of files and topics from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Of each file a size and a time, unless it cannot be looked at.
    files: (ReferenceFiles, Vec<Option<(u64, SystemTime)>>),
    /// How many messages topics brought; `None` while one is being read from its beginning.
    messages: Option<u64>,
}

impl Look {
    /// Whether there is something whole to load.
    pub(crate) fn is_whole(&self) -> bool {
        self.messages.is_some()
    }

    /// Whether the files are the same.
    pub(crate) fn has_files_of(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

/// See the module.
#[derive(Debug)]
pub struct ReferenceSource {
    input: ReferenceInput,
    topics: Option<TopicsReader>,
}

impl ReferenceSource {
    /// Files alone.
    pub fn of_files(input: ReferenceInput) -> Self {
        Self { input, topics: None }
    }

    /// Files, and topics read to their end. Blocks its thread, which must not be one of the runtime's.
    ///
    /// # Errors
    /// A topic is missing or cannot be read.
    pub fn open(input: ReferenceInput, kafka: &KafkaConfig) -> Result<Self, ReferenceTopicError> {
        if input.topics.is_empty() {
            return Ok(Self::of_files(input));
        }
        let reader = TopicsReader::open(kafka, &input.topics)?;
        compaction::look(kafka, &input.topics);
        tracing::info!(topics = input.topics.len(), messages = reader.seen(), "reference data were read from topics");
        Ok(Self { input, topics: Some(reader) })
    }

    /// Shared with whoever watches it.
    pub fn shared(self) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(self))
    }

    /// Loads files and topics as they are now.
    ///
    /// # Errors
    /// Every problem of the folder, of all files and of all topics at once; their author has to mend them.
    pub fn load(&self) -> Result<Arc<Reference>, ReferenceError> {
        let none = TopicTables::new();
        let held = match &self.topics {
            None => &none,
            Some(reader) => reader.tables().ok_or_else(|| self.half_read())?,
        };
        Ok(Arc::new(load_all(&self.input.files(), held)?))
    }

    /// Half a topic is no table, and no missing one either.
    fn half_read(&self) -> ReferenceError {
        let problem = |topic: &String| Problem {
            origin: Origin::Topic(topic.clone()),
            place: None,
            column: None,
            expected: "topics that were read to their end; one of them is being read anew".to_owned(),
        };
        let problems = self.input.topics.values().map(problem).collect();
        ReferenceError { problems, left_out: BTreeMap::new(), retry: Retry::MayHelp }
    }

    /// Takes what topics brought, and looks at the files.
    pub(crate) fn look(&mut self) -> Look {
        if let Some(reader) = &mut self.topics {
            reader.follow();
        }
        let messages = match &self.topics {
            None => Some(0),
            Some(reader) => reader.tables().map(|_| reader.seen()),
        };
        let files = self.input.files();
        let state = |path: &Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.len(), metadata.modified().ok()?))
        };
        let states = files.iter().map(|(_, path)| state(path)).collect();
        Look { files: (files, states), messages }
    }

    /// Reads topics from their beginning again, with the looks that come.
    pub(crate) fn start_over(&mut self) {
        if let Some(reader) = &mut self.topics {
            reader.start_over();
        }
    }

    /// Messages since this was last asked.
    pub(crate) fn take_counts(&mut self) -> MessageCounts {
        self.topics.as_mut().map(TopicsReader::take_counts).unwrap_or_default()
    }
}
