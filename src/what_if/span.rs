//! Which part of the log is replayed: what was asked, held against what there is.

use super::figures;
use crate::cli::value::UsageError;
use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::prelude::SessionContext;
use ingest::reference_files::PlannedTouch;
use store::{Store, Table};
use touchpoint::Micros;
use touchpoint::time::{DAY, midnight};

/// What the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSpan {
    /// Rows.
    pub rows: u64,
    /// The first instant at which something happened.
    pub first: Micros,
    /// The last one, planned things left out.
    pub last: Micros,
    /// Rows from Kafka that were taken more than a day after they happened.
    pub late: u64,
}

impl LogSpan {
    /// Reads it.
    ///
    /// # Errors
    /// The table cannot be read, or is empty.
    pub async fn read(store: &Store) -> anyhow::Result<Self> {
        let context = SessionContext::new();
        context.register_table("touchpoint_log", store.provider(Table::TouchpointLog).await?)?;
        // What is only planned has no end; what is ahead of its own record has not happened when it is known.
        let sql = "SELECT count(*), min(occurred_at), max(CASE WHEN occurred_at IS NULL OR \
                   status IN ('planned', 'scheduled', 'nominated') THEN NULL WHEN occurred_at < ingested_at \
                   THEN occurred_at ELSE ingested_at END), sum(CASE WHEN kafka_topic NOT LIKE 'import:%' \
                   AND ingested_at > occurred_at + INTERVAL '1 day' THEN 1 ELSE 0 END) FROM touchpoint_log";
        let batches = context.sql(sql).await?.collect().await?;
        let read = batches.first().and_then(|batch| {
            let instant = |column: usize| {
                batch.column(column).as_primitive_opt::<TimestampMicrosecondType>()?.iter().next().flatten()
            };
            let count = |column: usize| {
                let count = batch.column(column).as_primitive_opt::<Int64Type>()?.iter().next().flatten()?;
                u64::try_from(count).ok()
            };
            Some(Self { rows: count(0)?, first: instant(1)?, last: instant(2)?, late: count(3)? })
        });
        read.ok_or_else(|| anyhow::anyhow!("the log in {} holds nothing that happened yet", store.location()))
    }

    /// The span to replay.
    ///
    /// # Errors
    /// It is empty, or begins before the log does.
    pub fn choose(
        &self,
        (from, to): (Option<Micros>, Option<Micros>),
        planned: &[PlannedTouch],
    ) -> Result<(Micros, Micros), UsageError> {
        let first = midnight(self.first);
        let last = planned.iter().map(|touch| touch.at).chain([self.last]).max().unwrap_or(self.last);
        let (from, to) = (from.unwrap_or(first), to.unwrap_or(midnight(last) + DAY));
        let in_words = self.in_words();
        if from < first {
            let from = figures::instant(from);
            return Err(UsageError(format!("--from {from} lies before the log: {in_words}; begin there or later")));
        }
        if from >= to {
            let (from, to) = (figures::instant(from), figures::instant(to));
            return Err(UsageError(format!("the span from {from} to {to} is empty: {in_words}")));
        }
        let outside = planned.iter().filter(|touch| !(from..to).contains(&touch.at)).count();
        if outside > 0 {
            let (from, to) = (figures::instant(from), figures::instant(to));
            let what =
                format!("{outside} of {} planned touches lie outside the span from {from} to {to}", planned.len());
            return Err(UsageError(format!("{what}; take them out of the plan, or widen --from and --to")));
        }
        Ok((from, to))
    }

    /// As a sentence.
    pub fn in_words(&self) -> String {
        format!("it holds {} to {}", figures::instant(self.first), figures::instant(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::LogSpan;
    use touchpoint::time::{DAY, HOUR};

    #[test]
    fn a_span_is_whole_days_unless_it_is_said() {
        let log = LogSpan { rows: 9, first: 10 * DAY + HOUR, last: 20 * DAY + HOUR, late: 0 };
        assert_eq!(log.choose((None, None), &[]), Ok((10 * DAY, 21 * DAY)));
        assert_eq!(log.choose((Some(11 * DAY + 1), Some(12 * DAY)), &[]), Ok((11 * DAY + 1, 12 * DAY)));
        let before = log.choose((Some(9 * DAY), None), &[]).expect_err("nothing is known of then").0;
        assert!(before.contains("1970-01-10") && before.contains("1970-01-11"), "{before}");
        assert!(log.choose((Some(30 * DAY), None), &[]).is_err() && log.choose((None, Some(DAY)), &[]).is_err());
    }
}
