//! Which rows of a batch a table still lacks: those at or above its own offset of their partition.
//!
//! Every row must lie below the cycle's next offset. A row at or beyond it would be stored and then read again.

use crate::error::{CommitError, StoreError};
use crate::handle::Handle;
use crate::table::Table;
use arrow::array::{Array, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::error::ArrowError;
use std::collections::BTreeMap;
use touchpoint::{NextOffsets, TopicPartition};

/// Offsets `[from, to)` of one partition: what is still to be stored.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: i64,
    to: i64,
}

/// The spans of all acquired partitions, for one table.
#[derive(Debug)]
pub(crate) struct Coverage {
    table: Table,
    spans: BTreeMap<TopicPartition, Span>,
}

struct Positions<'a> {
    topic: &'a StringArray,
    partition: &'a Int32Array,
    offset: &'a Int64Array,
}

impl Coverage {
    /// From what the table holds up to the next offsets of a cycle.
    pub(crate) fn until(handle: &Handle, next: &NextOffsets) -> Self {
        Self::new(handle, |partition| next.get(partition).copied())
    }

    /// From what the table holds without an end: an import knows its end only when it has read the file.
    pub(crate) fn from_held(handle: &Handle) -> Self {
        Self::new(handle, |_| Some(i64::MAX))
    }

    fn new(handle: &Handle, end: impl Fn(&TopicPartition) -> Option<i64>) -> Self {
        let spans = handle.held.iter().filter_map(|(partition, held)| {
            let span = Span { from: held.next.unwrap_or(i64::MIN), to: end(partition)? };
            Some((partition.clone(), span))
        });
        Self { table: handle.table, spans: spans.collect() }
    }

    /// The rows that the table lacks.
    ///
    /// # Errors
    /// A row of a partition that was not acquired, a row beyond the next offset, or a batch without positions.
    pub(crate) fn keep(&self, batch: &RecordBatch) -> Result<RecordBatch, CommitError> {
        let positions = Positions::of(batch).map_err(StoreError::rows(self.table))?;
        let mut mask = Vec::with_capacity(batch.num_rows());
        // Neighbours mostly share their partition, so the last span is kept.
        let mut last: Option<(&str, i32, Span)> = None;
        for i in 0..batch.num_rows() {
            let (topic, number) = (positions.topic.value(i), positions.partition.value(i));
            let span = match last {
                Some((t, n, span)) if n == number && t == topic => span,
                _ => self.span(topic, number)?,
            };
            last = Some((topic, number, span));
            let offset = positions.offset.value(i);
            if offset >= span.to {
                let partition = TopicPartition::new(topic, number);
                return Err(CommitError::BeyondNext { table: self.table, partition, offset, next: span.to });
            }
            mask.push(offset >= span.from);
        }
        if mask.iter().all(|keep| *keep) {
            return Ok(batch.clone());
        }
        let kept = filter_record_batch(batch, &BooleanArray::from(mask));
        Ok(kept.map_err(StoreError::rows(self.table))?)
    }

    fn span(&self, topic: &str, number: i32) -> Result<Span, CommitError> {
        let partition = TopicPartition::new(topic, number);
        match self.spans.get(&partition) {
            Some(span) => Ok(*span),
            None => Err(StoreError::NotAcquired { table: self.table, partition }.into()),
        }
    }
}

impl<'a> Positions<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, ArrowError> {
        let missing = |column| ArrowError::SchemaError(format!("rows need a position: column {column}"));
        let column = |name| batch.column_by_name(name).ok_or_else(|| missing(name));
        Ok(Self {
            topic: column("kafka_topic")?.as_string_opt::<i32>().ok_or_else(|| missing("kafka_topic"))?,
            partition: primitive::<Int32Type>(column("kafka_partition")?).ok_or_else(|| missing("kafka_partition"))?,
            offset: primitive::<Int64Type>(column("kafka_offset")?).ok_or_else(|| missing("kafka_offset"))?,
        })
    }
}

fn primitive<T: arrow::datatypes::ArrowPrimitiveType>(array: &dyn Array) -> Option<&arrow::array::PrimitiveArray<T>> {
    array.as_primitive_opt::<T>()
}
