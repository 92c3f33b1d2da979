//! The state of a few records, for tests.

use crate::shards::{Ownership, Shards};
use std::sync::Arc;
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::reference::Tables;
use touchpoint::time::Micros;
use touchpoint::{Policy, Reference};

/// What shards are made from.
#[derive(Debug, Default)]
pub(crate) struct Sample<'a> {
    pub(crate) rows: Vec<RecordRow<'a>>,
    pub(crate) policy: Policy,
    pub(crate) tables: Tables,
}

impl Sample<'_> {
    /// The shards of a process that owns partition 0 at `now`. Every row without an id is an interaction of its own.
    ///
    /// # Panics
    /// The rows contradict each other.
    pub(crate) fn shards(&self, ownership: Ownership, now: Micros) -> Shards {
        let reference = Reference::try_new(self.tables.clone()).expect("rows that do not contradict each other");
        let mut shards = Shards::new(Arc::new(self.policy.clone()), Arc::new(reference));
        shards.assign(ownership, [0]);
        let mut builder = RecordBuilder::default();
        for (row, n) in self.rows.iter().zip(0..) {
            let event_id = if row.event_id.is_empty() { format!("e{n}") } else { row.event_id.to_owned() };
            builder.push(&RecordRow { event_id: &event_id, kafka_offset: n, ..*row });
        }
        let batch = builder.finish().expect("a batch");
        shards.of_partition(0).expect("a shard").apply(&batch, now, None).expect("applied");
        shards
    }
}
