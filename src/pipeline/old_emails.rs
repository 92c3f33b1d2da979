//! E-mails from before the live state by which somebody unsubscribed, and what replaced them: the check before a touch must
//! know of them after a restart too, however old they are.
//!
//! They are few, so they are held while they are read. What may have replaced one is looked for only where a source has
//! versions above that of an unsubscribed one.

use super::{Pipeline, PipelineError};
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use futures::StreamExt;
use std::collections::BTreeSet;
use std::time::Duration;
use store::{BatchStream, OldEmails};
use touchpoint::Micros;

/// How long a scan may be silent before the process says that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Source, event, HCP.
type Identity = (String, String, String);

impl Pipeline {
    /// Rows of the log that a restore of the state since `before` does not have.
    pub(super) async fn old_emails(&self, before: Micros) -> Result<Vec<RecordBatch>, PipelineError> {
        let store = &self.parts.store;
        let unsubscribed = store.read_old_emails(before, OldEmails::Unsubscribed).await?;
        let mut found = self.those(unsubscribed, |_| true).await?;
        let Some(lowest) = found.iter().filter_map(lowest_version).min() else { return Ok(found) };
        let known: BTreeSet<Identity> = found.iter().flat_map(identities).flatten().collect();
        let replacing = store.read_old_emails(before, OldEmails::Above(lowest)).await?;
        found.extend(self.those(replacing, |identity| known.contains(identity)).await?);
        Ok(found)
    }

    async fn those(
        &self,
        mut rows: BatchStream,
        wanted: impl Fn(&Identity) -> bool,
    ) -> Result<Vec<RecordBatch>, PipelineError> {
        let mut those = Vec::new();
        loop {
            // Long histories may have few of them, and a process that restores is alive.
            let next = tokio::time::timeout(SIGN_OF_LIFE, rows.next()).await;
            self.parts.observer.is_alive(self.parts.clock.now());
            let Ok(next) = next else { continue };
            let Some(batch) = next.transpose()? else { break };
            let kept: BooleanArray = identities(&batch).map(|row| Some(row.as_ref().is_some_and(&wanted))).collect();
            let kept = filter_record_batch(&batch, &kept)?;
            those.extend(Some(kept).filter(|kept| kept.num_rows() > 0));
        }
        Ok(those)
    }
}

fn lowest_version(batch: &RecordBatch) -> Option<i64> {
    arrow::compute::min(batch.column_by_name("version")?.as_primitive_opt::<Int64Type>()?)
}

/// Whose each row is; `None` where a batch lacks a column, which never happens.
fn identities(batch: &RecordBatch) -> impl Iterator<Item = Option<Identity>> + '_ {
    let columns =
        ["source", "event_id", "hcp_id"].map(|name| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()));
    (0..batch.num_rows()).map(move |row| {
        let [source, event_id, hcp_id] = columns.map(|column| Some(column?.value(row).to_owned()));
        Some((source?, event_id?, hcp_id?))
    })
}
