//! What a topic holds of a table: of every key its last message, as it came.
//!
//! A message is kept whatever is wrong with it, and judged when the table is loaded: so it is told with its place, and a
//! later message of the same key puts it right. Keys are told apart by their bytes, as Kafka's compaction does. A key that
//! stands in two partitions has no last message, since Kafka orders within a partition only: both are kept, which loading
//! tells as a problem.

use super::cell::Cell;
use super::json_object::JsonObject;
use std::collections::BTreeMap;

/// Longest value that is kept, and longest key: far above fifteen columns of 128 bytes.
pub(super) const MAX_MESSAGE: usize = super::source::MAX_ROW;

/// A message as the consumer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicMessage<'m> {
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
    /// The key, `None` for Kafka's null.
    pub key: Option<&'m [u8]>,
    /// The value; `None` withdraws the row.
    pub value: Option<&'m [u8]>,
}

/// What a message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// It states a row.
    Stated,
    /// It withdraws one, if there is one.
    Withdrawn,
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A value.
    Value(Box<[u8]>),
    /// A value, or a key, too long to be kept.
    TooLong,
    /// Nothing: the row was withdrawn.
    Nothing,
}

/// The last message of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) offset: i64,
    pub(super) content: Content,
}

/// A row about an HCP, as it stands in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOfHcp {
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
    /// The key.
    pub key: String,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTable {
    topic: String,
    /// By key and partition.
    messages: BTreeMap<(Option<Box<[u8]>>, i32), Kept>,
}

impl TopicTable {
    /// Nothing read yet.
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), messages: BTreeMap::new() }
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Takes the next message of its partition.
    pub fn take(&mut self, message: &TopicMessage<'_>) -> Taken {
        let is_long = |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| bytes.len() > MAX_MESSAGE);
        let content = match message.value {
            None => Content::Nothing,
            Some(_) if is_long(message.value) || is_long(message.key) => Content::TooLong,
            Some(value) => Content::Value(value.into()),
        };
        let taken = if content == Content::Nothing { Taken::Withdrawn } else { Taken::Stated };
        // Of a key that is too long as much is kept as tells it from others of its kind.
        let key = message.key.map(|key| key.get(..=MAX_MESSAGE).unwrap_or(key).into());
        self.messages.insert((key, message.partition), Kept { offset: message.offset, content });
        taken
    }

    /// The rows whose key or value says that they are about the HCP. What is no JSON object is about nobody.
    pub fn rows_of(&self, hcp_id: &str) -> impl Iterator<Item = RowOfHcp> {
        let is_about = move |json: &[u8]| {
            JsonObject::parse(json).is_ok_and(|object| object.cell("hcp_id").trimmed() == Cell::Text(hcp_id))
        };
        let row = move |(key, partition, kept): (Option<&[u8]>, i32, &Kept)| {
            let Content::Value(value) = &kept.content else { return None };
            (key.is_some_and(is_about) || is_about(value)).then(|| RowOfHcp {
                partition,
                offset: kept.offset,
                key: String::from_utf8_lossy(key.unwrap_or_default()).into_owned(),
            })
        };
        self.messages().filter_map(row)
    }

    /// Every key, by its bytes, with its partition and its last message.
    pub(super) fn messages(&self) -> impl Iterator<Item = (Option<&[u8]>, i32, &Kept)> {
        self.messages.iter().map(|((key, partition), kept)| (key.as_deref(), *partition, kept))
    }
}
