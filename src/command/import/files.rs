//! The files of an import: named by their content, told apart from those imported before, and what became of each.

use crate::cli::ImportArgs;
use crate::cli::value::UsageError;
use crate::command::named;
use crate::progress::{Progress, ProgressChoice, ProgressUnit};
use crate::summary::counted;
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use ingest::batch::Seen;
use ingest::file::{FileError, ImportFile};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use store::Acquired;
use touchpoint::{Kind, NextOffsets, RejectReason, TopicPartition, Word};

/// The files of the command line, each content once, in an order that does not depend on it.
pub(super) fn open(args: &ImportArgs, threads: NonZeroUsize) -> anyhow::Result<Vec<ImportFile>> {
    let files: Vec<(Kind, PathBuf)> = args.files().into_iter().map(|(kind, path)| (kind, path.clone())).collect();
    if files.is_empty() {
        let said =
            "no files given: name at least one with --calls, --emails, --congress-invitations or --medical-requests";
        return Err(UsageError(said.to_owned()).into());
    }
    named::all_readable(files.iter().map(|(_, path)| path.as_path()))?;
    // A file that is gone by now is reported by reading it.
    let bytes = files.iter().filter_map(|(_, path)| path.metadata().ok()).map(|m| m.len()).sum();
    let progress = Progress::bar(ProgressChoice::Shown, "naming files", bytes, ProgressUnit::Bytes);
    let inputs = ImportFile::open_all(&files, threads, &|read| progress.advance(read));
    let mut inputs = inputs.map_err(|error| match error {
        FileError::Compressed { .. } => UsageError(error.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    inputs.sort_by_key(ImportFile::topic);
    inputs.dedup_by_key(|file| file.topic());
    Ok(inputs)
}

/// Where the records of a file stand.
pub(super) fn partition(file: &ImportFile) -> TopicPartition {
    TopicPartition::new(file.topic(), 0)
}

/// The lines of a file that was imported before.
pub(super) fn imported_lines(file: &ImportFile, acquired: &Acquired) -> Option<i64> {
    acquired.next.get(&partition(file)).copied().flatten()
}

/// The topics of files whose rows are in the log, while `hcp_metrics` does not know of them: an import ended between its
/// two commits.
pub(in crate::command) fn unaccounted(acquired: &Acquired) -> BTreeSet<String> {
    let behind =
        |(file, lines): &(&TopicPartition, &Option<i64>)| acquired.metrics_next.get(*file).copied().flatten() < **lines;
    acquired.next.iter().filter(behind).map(|(file, _)| file.topic.clone()).collect()
}

/// Which rows of a batch are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Those of the named files.
    Theirs,
    /// All others.
    Other,
}

/// The rows of a log batch that come from files under these topics, or those that do not.
pub(super) fn rows_of(batch: &RecordBatch, topics: &BTreeSet<String>, rows: Rows) -> Result<RecordBatch, ArrowError> {
    let column = batch.column_by_name("kafka_topic").and_then(|c| c.as_string_opt::<i32>());
    let column = column.ok_or_else(|| ArrowError::SchemaError("the log needs text in kafka_topic".to_owned()))?;
    let wanted = |topic: Option<&str>| topic.is_some_and(|topic| topics.contains(topic)) == (rows == Rows::Theirs);
    filter_record_batch(batch, &column.iter().map(|topic| Some(wanted(topic))).collect())
}

/// What became of the records of one file.
#[derive(Debug, Default)]
struct Fate {
    accepted: u64,
    rejected: BTreeMap<RejectReason, u64>,
    erased: u64,
}

/// What was read of each file.
#[derive(Debug)]
pub(super) struct Ledger {
    files: BTreeMap<TopicPartition, (PathBuf, Fate)>,
    next: NextOffsets,
}

impl Ledger {
    /// Nothing read yet of `files`, some of which were imported before.
    pub(super) fn new(files: &[ImportFile], acquired: &Acquired) -> Self {
        let entry = |file: &ImportFile| (partition(file), (file.path.clone(), Fate::default()));
        // A file without lines must be known afterwards too.
        let lines = |file: &ImportFile| (partition(file), imported_lines(file, acquired).unwrap_or(0));
        Self { files: files.iter().map(entry).collect(), next: files.iter().map(lines).collect() }
    }

    /// Enters a batch.
    pub(super) fn enter(&mut self, seen: &[Seen], next: NextOffsets) {
        for seen in seen {
            let Some((_, fate)) = self.files.get_mut(&seen.partition) else { continue };
            fate.accepted += seen.accepted;
            fate.erased += seen.erased;
            for (reason, count) in seen.rejected.iter().filter(|(_, count)| *count > 0) {
                *fate.rejected.entry(reason).or_default() += count;
            }
        }
        self.next.extend(next);
    }

    /// For every file, the number of its lines.
    pub(super) fn next(&self) -> NextOffsets {
        self.next.clone()
    }

    pub(super) fn accepted(&self) -> u64 {
        self.files.values().map(|(_, fate)| fate.accepted).sum()
    }

    /// Records that were skipped because their HCP was erased.
    pub(super) fn erased(&self) -> u64 {
        self.files.values().map(|(_, fate)| fate.erased).sum()
    }

    pub(super) fn rejected(&self) -> BTreeMap<RejectReason, u64> {
        let mut sums = BTreeMap::new();
        for (reason, count) in self.files.values().flat_map(|(_, fate)| &fate.rejected) {
            *sums.entry(*reason).or_default() += count;
        }
        sums
    }

    /// Files of which every record was rejected.
    pub(super) fn refused(&self) -> Vec<TopicPartition> {
        let refused = |(_, fate): &(PathBuf, Fate)| fate.accepted + fate.erased == 0 && !fate.rejected.is_empty();
        self.files.iter().filter(|(_, entry)| refused(entry)).map(|(partition, _)| partition.clone()).collect()
    }

    /// What to tell of the files of which every record was rejected, one line each.
    pub(super) fn refusals(&self) -> Vec<String> {
        let told = |partition: &TopicPartition| {
            let (path, fate) = self.files.get(partition)?;
            let records = counted(fate.rejected.values().sum(), "record", "records");
            Some(format!("nothing of {} was accepted: {records}, {}", path.display(), reasons(&fate.rejected)))
        };
        self.refused().iter().filter_map(told).collect()
    }
}

/// Reasons with their counts, the most frequent first.
pub(super) fn reasons(rejected: &BTreeMap<RejectReason, u64>) -> String {
    let mut parts: Vec<_> = rejected.iter().collect();
    parts.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), reason.as_str()));
    let mut text = String::new();
    for (reason, count) in parts {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        write!(text, "{comma}{} {count}", reason.as_str()).unwrap_or_default();
    }
    text
}
