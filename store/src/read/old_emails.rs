//! E-mails from before the live state by which somebody unsubscribed. That holds for ever, so a restore reads them too, and
//! what may have replaced them.

use super::{BatchStream, STATE_COLUMNS, rows, utc};
use crate::error::StoreError;
use crate::open::Store;
use crate::provider::{Filtering, PinnedTable};
use crate::table::Table;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use std::sync::Arc;
use touchpoint::Micros;

/// Which e-mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldEmails {
    /// Those of status unsubscribed.
    Unsubscribed,
    /// Those of another status and a greater version than this: one of them may have replaced one of the others.
    Above(i64),
}

impl OldEmails {
    fn wanted(self) -> Expr {
        match self {
            Self::Unsubscribed => col("status").eq(lit("unsubscribed")),
            Self::Above(version) => col("version").gt(lit(version)).and(col("status").not_eq(lit("unsubscribed"))),
        }
    }
}

impl Store {
    /// E-mails that [`Store::read_log`] of the state since `before` leaves out, in its columns; a few that it does not may be
    /// among them. Deletes are not: those it reads at any age.
    ///
    /// # Errors
    /// The table cannot be read; items of the stream may fail too, and the restore is then to be begun anew.
    pub async fn read_old_emails(&self, before: Micros, emails: OldEmails) -> Result<BatchStream, StoreError> {
        let table = Table::TouchpointLog;
        // Statistics of instants are cut to milliseconds.
        let end = before - before.rem_euclid(1_000) + 1_000;
        let end = lit(ScalarValue::TimestampMicrosecond(Some(end), utc()));
        let wanted = col("kind").eq(lit("emails")).and(emails.wanted());
        let wanted = wanted.and(col("occurred_at").lt(end.clone())).and(col("ingested_at").lt(end));
        // Few rows pass, so the other columns are decoded of those alone.
        let provider = PinnedTable::new(table, self.restored().await?, Filtering::WhileDecoding)?;
        let session = SessionContext::new_with_config(SessionConfig::new().with_collect_statistics(false));
        let frame = session.read_table(Arc::new(provider)).and_then(|frame| frame.filter(wanted));
        let frame = frame.and_then(|frame| frame.select_columns(STATE_COLUMNS)).map_err(StoreError::scan(table))?;
        rows(frame, (table, table.schema()), Some(STATE_COLUMNS)).await
    }
}

#[cfg(test)]
mod tests {
    use super::OldEmails;
    use crate::commit::Cycle;
    use crate::sample::{calls, open, owner};
    use arrow::array::{AsArray, BooleanArray, RecordBatch};
    use futures::TryStreamExt;
    use touchpoint::record::{RecordBuilder, RecordRow};
    use touchpoint::time::{DAY, Micros};
    use touchpoint::{Kind, NextOffsets, Status};

    const NOW: Micros = 20_000 * DAY;
    const BEFORE: Micros = NOW - 400 * DAY;

    fn log() -> RecordBatch {
        let mail = |event_id, at, status, version| RecordRow {
            kind: Kind::Emails,
            event_id,
            hcp_id: "h",
            version,
            status: Some(status),
            kafka_topic: "engagement.calls",
            ..RecordRow::visit(at)
        };
        let old = BEFORE - 100 * DAY;
        let rows = [
            mail("old", old, Status::Unsubscribed, 3),
            mail("replaced", old, Status::Opened, 4),
            mail("too low", old, Status::Opened, 3),
            mail("new", NOW - DAY, Status::Unsubscribed, 3),
            mail("came lately", old, Status::Unsubscribed, 3),
            RecordRow { kind: Kind::Calls, ..mail("call", old, Status::Completed, 9) },
        ];
        let mut builder = RecordBuilder::default();
        for (row, offset) in rows.iter().zip(0..) {
            let lately = row.event_id == "came lately";
            let ingested_at = if lately { NOW } else { row.ingested_at };
            builder.push(&RecordRow { ingested_at, kafka_offset: offset, ..*row });
        }
        let batch = builder.finish().unwrap();
        let no = BooleanArray::from(vec![false; batch.num_rows()]);
        touchpoint::log::from_record(&batch, no.clone(), no).unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_restore_leaves_out_of_who_unsubscribed_is_read_and_what_may_have_replaced_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        store.acquire(&owner(), &[calls(0)]).await.unwrap();
        let next = NextOffsets::from([(calls(0), 6)]);
        store.commit(&owner(), Cycle { log: vec![log()], next, ..Cycle::default() }).await.unwrap();
        store.acquire(&owner(), &[calls(0)]).await.unwrap();
        for (emails, expected) in [(OldEmails::Unsubscribed, "old"), (OldEmails::Above(3), "replaced")] {
            let rows = store.read_old_emails(BEFORE, emails).await.unwrap();
            let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
            let ids = batches.iter().flat_map(|batch| batch["event_id"].as_string::<i32>().iter().flatten());
            assert_eq!(ids.collect::<Vec<_>>(), [expected], "{emails:?}");
        }
    }
}
