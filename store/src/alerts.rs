//! Table `alerts`: every transition of an alert as a row, exactly once, written with the cycle.
//!
//! A transition is durable in the alert topics before it comes here; this table follows. For each owned partition number it
//! holds a **mark**, an application transaction whose value is an instant in microseconds and grows with every commit. A mark
//! says two things:
//!
//! - until when: what happened before it to HCPs of that number is here. A start reads the topics from it on and adds what is
//!   missing; what is there it knows by alert, state and instant;
//! - whose: marks are the fence of this table. They are compared and written as offsets are elsewhere ([`crate::acquire`]),
//!   and since every commit moves all of them, a process whose partitions have moved away fails at its next one.
//!
//! Another transaction of the same table says which day's digest a receiver has been sent last.

use crate::commit::Cycle;
use crate::error::{CommitError, StoreError};
use crate::handle::{Handle, Writers};
use crate::open::Store;
use crate::owner::Owner;
use crate::read::{self, BatchStream};
use crate::table::Table;
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use datafusion::logical_expr::{col, lit};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use touchpoint::{Micros, NextOffsets, TopicPartition};

/// The marks of the owned partition numbers; `None` where the table never had one.
pub type AlertMarks = BTreeMap<TopicPartition, Option<i64>>;

/// The name of a partition number's mark, among the names of offsets.
fn mark(number: i32) -> TopicPartition {
    TopicPartition::new("alerts", number)
}

/// The name of a receiver's digests.
fn digests(receiver: &str) -> TopicPartition {
    TopicPartition::new(format!("digest:{receiver}"), 0)
}

impl Store {
    /// Reads the marks of partition numbers at the newest version, and holds them; whatever was held before is let go.
    ///
    /// # Errors
    /// The table cannot be read; nothing is held then.
    pub async fn acquire_alerts(&self, owner: &Owner, numbers: &BTreeSet<i32>) -> Result<AlertMarks, CommitError> {
        let mut writers = self.writers.lock().await;
        let handle = &mut writers.alerts;
        release(handle);
        handle.acquire(numbers.iter().map(|n| (mark(*n), owner.app_id(&mark(*n)))).collect()).await?;
        Ok(handle.held.iter().map(|(mark, held)| (mark.clone(), held.next)).collect())
    }

    /// Gives the marks back: they are neither written nor compared any more.
    pub async fn release_alerts(&self) {
        release(&mut self.writers.lock().await.alerts);
    }

    /// The transitions of a span of time, in no order, in the columns of `alerts`.
    ///
    /// # Errors
    /// The table cannot be read; items of the stream may fail too.
    pub async fn read_alerts(&self, span: Range<Micros>) -> Result<BatchStream, StoreError> {
        let instant = |at: Micros| lit(ScalarValue::TimestampMicrosecond(Some(at), read::utc()));
        // Statistics of instants are cut to milliseconds, so files are chosen by a coarser filter than rows.
        let from = span.start - span.start.rem_euclid(1_000);
        let wanted = col("at").gt_eq(instant(from)).and(col("at").lt(instant(span.end)));
        let rows = read::scan_where(Table::Alerts, self.newest(Table::Alerts).await?, wanted).await?;
        let exact = move |batch: Result<RecordBatch, StoreError>| {
            batch.and_then(|batch| within(&batch, &span).map_err(StoreError::rows(Table::Alerts)))
        };
        Ok(rows.map(exact).boxed())
    }

    /// The day of the last digest that a receiver was sent, in days since 1970; `None` before the first.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn last_digest(&self, owner: &Owner, receiver: &str) -> Result<Option<i64>, CommitError> {
        let handle = self.digest_handle(owner, receiver).await?;
        Ok(handle.held.values().find_map(|held| held.next))
    }

    /// A receiver has taken the digests of a day. A day before the last one changes nothing.
    ///
    /// # Errors
    /// The table cannot be written, or another process has just said the same of another day.
    pub async fn digest_taken(&self, owner: &Owner, receiver: &str, day: i64) -> Result<(), CommitError> {
        // A handle of its own: that of the cycle must not move past a commit that it has not looked at.
        let mut handle = self.digest_handle(owner, receiver).await?;
        let marks = handle.marks(&NextOffsets::from([(digests(receiver), day)]));
        if marks.iter().all(|mark| mark.from.is_some_and(|last| last >= mark.to)) {
            return Ok(());
        }
        handle.append(&[], marks).await?;
        Ok(())
    }

    async fn digest_handle(&self, owner: &Owner, receiver: &str) -> Result<Handle, CommitError> {
        let mut handle = Handle::of(Table::Alerts, self.newest(Table::Alerts).await?);
        let place = digests(receiver);
        handle.acquire(BTreeMap::from([(place.clone(), owner.app_id(&place))])).await?;
        Ok(handle)
    }
}

fn release(handle: &mut Handle) {
    let held: Vec<TopicPartition> = handle.held.keys().cloned().collect();
    held.iter().for_each(|mark| handle.release(mark));
}

/// Settles what is unknown, and checks that a cycle with rows moves exactly the marks that are held, and none back.
pub(crate) async fn prepare(writers: &mut Writers, cycle: &Cycle) -> Result<(), CommitError> {
    let handle = &mut writers.alerts;
    handle.settle().await?;
    if cycle.alerts.is_empty() {
        return Ok(());
    }
    for (mark, next) in &cycle.alerts_next {
        let known = handle.held.get(mark).ok_or_else(|| CommitError::NotAcquired { partition: mark.clone() })?;
        if let Some(held) = known.next.filter(|held| held > next) {
            return Err(CommitError::Backwards { partition: mark.clone(), held, next: *next });
        }
    }
    match handle.held.keys().find(|mark| !cycle.alerts_next.contains_key(*mark)) {
        Some(mark) => Err(CommitError::NotCovered { partition: mark.clone() }),
        None => Ok(()),
    }
}

fn within(batch: &RecordBatch, span: &Range<Micros>) -> Result<RecordBatch, ArrowError> {
    let column = batch.column_by_name("at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
    let column = column.ok_or_else(|| ArrowError::SchemaError("transitions need an instant in at".to_owned()))?;
    let mask: BooleanArray = column.iter().map(|at| Some(at.is_some_and(|at| span.contains(&at)))).collect();
    filter_record_batch(batch, &mask)
}

#[cfg(test)]
mod tests;
