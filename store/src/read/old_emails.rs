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
