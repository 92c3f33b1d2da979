//! What table `alerts` holds already, as far as a start has to know: transitions that are durable in the topics and stand not
//! in the table are those of a process that died between the two.

use arrow::array::{Array, AsArray, RecordBatch};
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

    /// Takes note of a transition. Whether it was new.
    pub(super) fn add(&mut self, transition: &Transition) -> bool {
        self.rows.insert((transition.alert.id.clone(), transition.state, transition.at))
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
