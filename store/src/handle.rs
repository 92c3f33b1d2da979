//! The writing side of one table: a snapshot, and what this process knows of the offsets in it.
//!
//! Invariant (the fence): at the version of the snapshot, every held app id has the held value. It is established by
//! reading them (acquire), kept by each own commit, which writes *all* held ids, so that Delta's conflict check
//! compares them with every commit after the snapshot, and checked again whenever the snapshot moves by a refresh,
//! because a commit that lies before the snapshot is compared with nothing. A process that has lost a partition
//! therefore fails at its next write, also when it refreshes first.
//!
//! `pending` holds what a commit was about to write until its outcome is known, also when the future of that commit was
//! dropped half-way.

mod append;

pub use append::Reply;

use crate::error::{CommitError, StoreError};
use crate::settings;
use crate::table::Table;
use crate::txns;
use deltalake::{DeltaTable, DeltaTableError};
use std::collections::BTreeMap;
use touchpoint::{NextOffsets, TopicPartition};

/// The writing side of all tables.
#[derive(Debug)]
pub(crate) struct Writers {
    pub(crate) dead_letters: Handle,
    pub(crate) log: Handle,
    pub(crate) hcp_metrics: Handle,
    /// Holds no offsets of records: see [`crate::alerts`].
    pub(crate) alerts: Handle,
    /// `touchpoint_log` as it was when partitions were last acquired: restore reads exactly what their offsets cover.
    pub(crate) restore: Option<DeltaTable>,
}

/// What is known of one app id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) app_id: String,
    pub(crate) next: Option<i64>,
}

/// One transaction of a commit: the value read before, and the value written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) app_id: String,
    /// `None` for a transaction that is not a partition's offset.
    pub(crate) partition: Option<TopicPartition>,
    pub(crate) from: Option<i64>,
    pub(crate) to: i64,
}

#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) table: Table,
    pub(crate) delta: DeltaTable,
    pub(crate) held: BTreeMap<TopicPartition, Held>,
    pending: Option<Vec<Mark>>,
}

impl Writers {
    pub(crate) fn new(mut tables: BTreeMap<Table, DeltaTable>) -> Self {
        let mut handle = |table| Handle::of(table, tables.remove(&table).unwrap_or_else(DeltaTable::new_in_memory));
        Self {
            dead_letters: handle(Table::DeadLetters),
            log: handle(Table::TouchpointLog),
            hcp_metrics: handle(Table::HcpMetrics),
            alerts: handle(Table::Alerts),
            restore: None,
        }
    }

    /// Those that hold the offsets of partitions.
    pub(crate) fn all(&mut self) -> [&mut Handle; 3] {
        [&mut self.dead_letters, &mut self.log, &mut self.hcp_metrics]
    }
}

impl Handle {
    /// A handle that holds nothing.
    pub(crate) fn of(table: Table, delta: DeltaTable) -> Self {
        Self { table, delta, held: BTreeMap::new(), pending: None }
    }

    /// Reads the offsets of `partitions` at the newest version and holds them; checks those held before.
    pub(crate) async fn acquire(&mut self, partitions: BTreeMap<TopicPartition, String>) -> Result<(), CommitError> {
        self.settle().await?;
        let fresh = self.newest().await?;
        self.verify(&fresh).await?;
        let ids = partitions.values().cloned().collect();
        let found = txns::read(&fresh, ids).await.map_err(StoreError::storage(self.table, "reading offsets"))?;
        for ((partition, app_id), next) in partitions.into_iter().zip(found) {
            self.held.insert(partition, Held { app_id, next });
        }
        self.delta = fresh;
        Ok(())
    }

    pub(crate) fn release(&mut self, partition: &TopicPartition) {
        self.held.remove(partition);
        if let Some(marks) = &mut self.pending {
            marks.retain(|mark| mark.partition.as_ref() != Some(partition));
        }
        self.pending.take_if(|marks| marks.iter().all(|mark| mark.partition.is_none()));
    }

    /// What a commit with these next offsets writes; every held partition must be in `next`.
    ///
    /// An offset only rises. A table that a crash left ahead of the log stays ahead when the next cycle ends below it:
    /// pulled back by rows of another partition, it would take the rows in between a second time.
    pub(crate) fn marks(&self, next: &NextOffsets) -> Vec<Mark> {
        self.held
            .iter()
            .filter_map(|(partition, held)| {
                let next = *next.get(partition)?;
                let to = held.next.map_or(next, |held| held.max(next));
                Some(Mark { app_id: held.app_id.clone(), partition: Some(partition.clone()), from: held.next, to })
            })
            .collect()
    }

    /// Finds out the fate of a commit whose outcome is unknown, if there is one.
    pub(crate) async fn settle(&mut self) -> Result<(), CommitError> {
        let Some(marks) = self.pending.clone() else { return Ok(()) };
        let fresh = self.newest().await?;
        let found = self.read_marks(&fresh, &marks).await?;
        if is_applied(&marks, &found) {
            self.landed(fresh, &marks);
            return Ok(());
        }
        self.verify(&fresh).await?;
        self.delta = fresh;
        self.pending = None;
        Ok(())
    }

    /// The table at its newest version, with settings that still hold.
    async fn newest(&self) -> Result<DeltaTable, StoreError> {
        let mut fresh = self.delta.clone();
        fresh.update_state().await.map_err(StoreError::storage(self.table, "refreshing"))?;
        settings::check(self.table, fresh.snapshot().map_err(StoreError::storage(self.table, "refreshing"))?)?;
        Ok(fresh)
    }

    /// Compares every held offset with `fresh`.
    async fn verify(&mut self, fresh: &DeltaTable) -> Result<(), CommitError> {
        let ids = self.held.values().map(|held| held.app_id.clone()).collect();
        let found = txns::read(fresh, ids).await.map_err(StoreError::storage(self.table, "reading offsets"))?;
        match self.held.iter().zip(found).find(|((_, held), found)| held.next != *found) {
            None => Ok(()),
            Some(((partition, held), found)) => Err(CommitError::OwnershipLost {
                table: self.table,
                partition: partition.clone(),
                ours: held.next,
                found,
            }),
        }
    }

    async fn read_marks(&self, fresh: &DeltaTable, marks: &[Mark]) -> Result<Vec<Option<i64>>, StoreError> {
        let ids = marks.iter().map(|mark| mark.app_id.clone()).collect();
        txns::read(fresh, ids).await.map_err(StoreError::storage(self.table, "reading offsets"))
    }

    /// The marks are in the table, and `delta` is the table with them.
    fn landed(&mut self, delta: DeltaTable, marks: &[Mark]) {
        self.delta = delta;
        self.pending = None;
        for mark in marks {
            if let Some(held) = mark.partition.as_ref().and_then(|partition| self.held.get_mut(partition)) {
                held.next = Some(mark.to);
            }
        }
    }

    pub(crate) fn snapshot_error(&self, error: DeltaTableError) -> StoreError {
        StoreError::storage(self.table, "reading its snapshot")(error)
    }
}

/// Whether the table holds exactly what the commit was to write, and the commit was to change something.
fn is_applied(marks: &[Mark], found: &[Option<i64>]) -> bool {
    marks.iter().any(|mark| mark.from != Some(mark.to)) && marks.iter().zip(found).all(|(mark, f)| *f == Some(mark.to))
}
