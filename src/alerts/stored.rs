//! What table `alerts` holds already, as far as a start has to know: transitions that are durable in the topics and stand not
//! in the table are those of a process that died between the two.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use futures::TryStreamExt;
use processors::alert::{AlertId, Transition};
use std::collections::HashSet;
use store::alerts::AlertMarks;
use store::{Store, StoreError};
use touchpoint::alert::AlertState;
use touchpoint::time::{DAY, EARLIEST, LATEST};
use touchpoint::{Micros, Word};

/// The clocks of processes that share the work differ by less than this.
const SLACK: Micros = DAY;

/// What makes a transition the one it is.
type Which = (AlertId, AlertState, Micros);

/// See the module.
#[derive(Debug, Default)]
pub struct Stored {
    since: Option<Micros>,
    rows: HashSet<Which>,
}

impl Stored {
    /// The transitions after the oldest of these marks, and a day before it; all of them where a mark is missing.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn read(store: &Store, marks: &AlertMarks) -> Result<Self, StoreError> {
        let oldest = marks.values().min().copied().flatten();
        let since = oldest.map(|mark| (mark - SLACK).max(EARLIEST));
        let mut batches = store.read_alerts(since.unwrap_or(EARLIEST)..LATEST).await?;
        let mut rows = HashSet::new();
        while let Some(batch) = batches.try_next().await? {
            rows.extend(which(&batch));
        }
        Ok(Self { since, rows })
    }

    /// From when on the topics are to be compared with it; `None`: from their beginning.
    pub(super) fn since(&self) -> Option<Micros> {
        self.since
    }

    /// Takes note of a transition. Whether it was new; of what happened earlier nothing is known, so it is not.
    pub(super) fn add(&mut self, transition: &Transition) -> bool {
        let is_known = self.since.is_some_and(|since| transition.at < since);
        !is_known && self.rows.insert((transition.alert.id.clone(), transition.state, transition.at))
    }
}

fn which(batch: &RecordBatch) -> Vec<Which> {
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let at = batch.column_by_name("at").and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    // The columns were checked when the table was opened.
    let (Some(ids), Some(states), Some(at)) = (text("alert_id"), text("state"), at) else { return Vec::new() };
    let row = |row: usize| {
        let state = AlertState::parse(states.value(row).as_bytes())?;
        Some((AlertId::from_text(ids.value(row)), state, at.value(row)))
    };
    (0..batch.num_rows()).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::Stored;
    use crate::alerts::unwritten::tests::transition as at;
    use store::{Cycle, OpenMode, Owner, Store};
    use touchpoint::time::DAY;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_the_table_has_is_known_and_what_it_lacks_is_new_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().to_str().unwrap(), OpenMode::CreateIfMissing).await.unwrap();
        let (owner, numbers) = (Owner::new("p", "c"), [0].into());
        let marks = store.acquire_alerts(&owner, &numbers).await.unwrap();
        let mut before = Stored::read(&store, &marks).await.unwrap();
        assert_eq!((before.since(), before.add(&at(5)), before.add(&at(5))), (None, true, false));
        let written = [at(9 * DAY), at(10 * DAY)];
        let alerts = vec![processors::alert::rows::to_rows(&written).unwrap()];
        let alerts_next = marks.into_keys().map(|mark| (mark, 10 * DAY)).collect();
        store.commit(&owner, Cycle { alerts, alerts_next, ..Cycle::default() }).await.unwrap();
        let marks = store.acquire_alerts(&owner, &numbers).await.unwrap();
        let mut stored = Stored::read(&store, &marks).await.unwrap();
        assert_eq!(stored.since(), Some(9 * DAY));
        assert!(written.iter().all(|transition| !stored.add(transition)));
        assert!(!stored.add(&at(9 * DAY - 1)), "older than what is compared");
        assert!(stored.add(&at(10 * DAY - 1)) && stored.add(&at(11 * DAY)));
    }
}
