//! The state of an assignment, from the tables.
//!
//! Rows that `hcp_metrics` has not accounted for yet (a crash between its commit and the log's) are held back until the
//! day rows know where they stand, and are then applied as if they had just arrived: that catches the table up.
//!
//! Targets without a record are made known to the shard that would get their records. Beside the rows within retention,
//! e-mails by which somebody unsubscribed are read at any age.
//!
//! Reading, decoding and applying go on side by side; between them wait [`AHEAD`] batches of the scan and no more.

use super::placing::Placing;
use super::{Pipeline, PipelineError};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use futures::{Stream, StreamExt};
use ingest::kafka::{Ownership, PartitionCounts};
use processors::state::days::ClosedDays;
use std::collections::BTreeSet;
use store::{Acquired, BatchStream, ReadLog, Table};
use tokio_util::task::AbortOnDropHandle;
use touchpoint::time::{DAY, RETENTION};
use touchpoint::{Micros, TopicPartition};

/// Batches that are decoded before they are applied.
const AHEAD: usize = 4;

impl Pipeline {
    pub(super) fn restore(&mut self, acquired: &Acquired, counts: &PartitionCounts) -> Result<(), PipelineError> {
        let numbers = self.owned_numbers();
        let sole = self.owned.as_ref().is_some_and(|o| o.ownership == Ownership::Sole);
        let ownership = if sole { processors::Ownership::Sole } else { processors::Ownership::Shared };
        self.shards().assign(ownership, numbers.iter().copied());
        let now = self.parts.clock.now();
        let runtime = self.parts.runtime.clone();
        self.doubt = None;
        let mut placing = Placing::new(sole, self.parts.settings.partitioner, counts);
        let read_back = runtime.block_on(async {
            let since = now - RETENTION;
            let old_emails = self.old_emails(since).await?;
            let rows = self.parts.store.read_log(ReadLog::of_state(since)).await?;
            let rows = rows.chain(futures::stream::iter(old_emails.into_iter().map(Ok)));
            self.read_back(rows.boxed(), acquired, &mut placing).await
        });
        let unaccounted = read_back?;
        placing.finish()?;
        placing.seed_targets(&mut self.shards());
        self.parts.observer.misplaced(placing.misplaced());
        let closed = runtime.block_on(self.closed_days(&numbers))?;
        for (_, shard) in self.shards().iter_mut() {
            shard.start_days(closed, now);
        }
        if let Some(closed) = closed {
            runtime.block_on(self.restore_revisions(closed))?;
            if runtime.block_on(self.facts_have_changed(&numbers))? {
                self.shards().iter_mut().for_each(|(_, shard)| shard.expect_everyone());
            }
        }
        for batch in unaccounted {
            self.restore_rows(&batch, &placing)?;
            self.pending.since = Some(now);
        }
        self.placing = Some(placing);
        self.vouch(counts);
        Ok(())
    }

    /// Applies rows of the log, but for those that `hcp_metrics` has not accounted for, which it gives.
    async fn read_back(
        &self,
        rows: BatchStream,
        acquired: &Acquired,
        placing: &mut Placing,
    ) -> Result<Vec<RecordBatch>, PipelineError> {
        let mut unaccounted = Vec::new();
        let mut rows = decoded_ahead(rows);
        while let Some(decoded) = rows.next().await {
            let Decoded { log, records } = decoded?;
            self.parts.observer.is_alive(self.parts.clock.now());
            self.parts.observer.restored_rows(&log);
            for batch in placing.ready(records) {
                let (done, open) = split(&batch, acquired)?;
                unaccounted.extend(open.filter(|b| b.num_rows() > 0));
                self.restore_rows(&done, placing)?;
            }
        }
        Ok(unaccounted)
    }

    fn restore_rows(&self, records: &RecordBatch, placing: &Placing) -> Result<(), PipelineError> {
        for (number, shard) in self.shards().iter_mut() {
            shard.restore_decoded(records, |hcp_id| placing.is_of(hcp_id, number))?;
        }
        Ok(())
    }

    /// Which days `hcp_metrics` holds: the last by its transactions, the first by its rows.
    async fn closed_days(&self, numbers: &BTreeSet<i32>) -> Result<Option<ClosedDays>, PipelineError> {
        let numbers: Vec<i32> = numbers.iter().copied().collect();
        let days = self.parts.store.last_midnights(&self.parts.owner, &numbers).await?;
        let Some(last) = days.into_values().min().flatten().map(|day| day * DAY) else { return Ok(None) };
        let first = self.first_day().await?.unwrap_or(last).min(last);
        Ok(Some(ClosedDays { first, last }))
    }

    async fn first_day(&self) -> Result<Option<Micros>, PipelineError> {
        let batches = self.query_metrics("SELECT min(as_of) FROM hcp_metrics").await?;
        let first = batches.iter().filter_map(|b| {
            let column = b.column(0).as_primitive_opt::<TimestampMicrosecondType>()?;
            (column.len() == 1 && column.is_valid(0)).then(|| column.value(0))
        });
        Ok(first.min())
    }

    async fn restore_revisions(&self, closed: ClosedDays) -> Result<(), PipelineError> {
        let from = closed.last - processors::state::days::REVISED_DAYS * DAY;
        let sql = format!(
            "SELECT arrow_cast(hcp_id, 'Utf8'), as_of, max(revision) FROM hcp_metrics \
             WHERE revision > 0 AND as_of > to_timestamp_micros({from}) GROUP BY 1, 2"
        );
        for batch in self.query_metrics(&sql).await? {
            let ids = batch.column(0).as_string::<i32>();
            let days = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            let revisions = batch.column(2).as_primitive::<Int64Type>();
            for (_, shard) in self.shards().iter_mut() {
                for row in 0..batch.num_rows() {
                    shard.restore_revision(ids.value(row), days.value(row), revisions.value(row));
                }
            }
        }
        Ok(())
    }

    async fn query_metrics(&self, sql: &str) -> Result<Vec<RecordBatch>, PipelineError> {
        let context = datafusion::prelude::SessionContext::new();
        let table = self.parts.store.provider(Table::HcpMetrics).await?;
        context.register_table("hcp_metrics", table)?;
        Ok(context.sql(sql).await?.collect().await?)
    }
}

/// Rows of the log, and the records that they are.
struct Decoded {
    log: RecordBatch,
    records: RecordBatch,
}

/// Decodes [`AHEAD`] batches beside the one that is being applied.
fn decoded_ahead(rows: BatchStream) -> impl Stream<Item = Result<Decoded, PipelineError>> + Unpin {
    let decoding = rows.map(|log| {
        AbortOnDropHandle::new(tokio::spawn(async move {
            let log = log?;
            let records = touchpoint::log::to_record(&log)?;
            Ok(Decoded { log, records })
        }))
    });
    decoding.buffered(AHEAD).map(|decoded| match decoded {
        Ok(decoded) => decoded,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    })
}

/// Splits restored rows into those `hcp_metrics` has accounted for and those it has not.
fn split(batch: &RecordBatch, acquired: &Acquired) -> Result<(RecordBatch, Option<RecordBatch>), PipelineError> {
    let behind = |(partition, next): (&TopicPartition, &Option<i64>)| {
        let metrics = acquired.metrics_next.get(partition).copied().flatten();
        (metrics < *next).then_some((partition.clone(), metrics.unwrap_or(0)))
    };
    let behind: Vec<(TopicPartition, i64)> = acquired.next.iter().filter_map(behind).collect();
    let column = |name: &str| batch.column_by_name(name);
    let (Some(topics), Some(partitions), Some(offsets)) =
        (column("kafka_topic"), column("kafka_partition"), column("kafka_offset"))
    else {
        return Ok((batch.clone(), None));
    };
    if behind.is_empty() {
        return Ok((batch.clone(), None));
    }
    let (topics, partitions, offsets) =
        (topics.as_string::<i32>(), partitions.as_primitive::<Int32Type>(), offsets.as_primitive::<Int64Type>());
    let open = |row: usize| {
        behind.iter().any(|(p, from)| {
            p.partition == partitions.value(row) && p.topic == topics.value(row) && offsets.value(row) >= *from
        })
    };
    let open: BooleanArray = (0..batch.num_rows()).map(|row| Some(open(row))).collect();
    let done = arrow::compute::not(&open)?;
    Ok((filter_record_batch(batch, &done)?, Some(filter_record_batch(batch, &open)?)))
}
