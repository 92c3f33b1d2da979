//! Merging small files of one partition, oldest sizes first, so that a row is rewritten a logarithmic number of times.
//!
//! A merge takes the smallest files as long as the next one is no larger than all taken before it together (or small
//! anyway), up to the target size. Dead letters with and without expired payload are kept apart; else every turn of
//! [`super::expire`] would split what this one merged.

use super::expire::{Age, age};
use super::rewrite::{Change, DataFile, Outcome, files, replace};
use super::{MaintenanceSettings, TableReport};
use crate::error::{CommitError, StoreError};
use crate::open::Store;
use crate::read;
use crate::table::Table;
use crate::writer::{TableWriter, Written};
use deltalake::DeltaTable;
use futures::TryStreamExt;
use std::collections::BTreeMap;
use touchpoint::Micros;

/// Files up to this size are merged whatever lies beside them.
const TINY_BYTES: u64 = 1024 * 1024;

pub(super) async fn compact(
    store: &Store,
    table: Table,
    settings: &MaintenanceSettings,
    now: Micros,
    done: &mut TableReport,
) -> Result<(), StoreError> {
    for _ in 0..settings.merges_per_turn {
        let delta = store.newest(table).await?;
        let Some(group) = choose(files(table, &delta, now)?, table, settings, now) else { return Ok(()) };
        let paths = group.iter().map(|file| file.path.clone()).collect();
        let written = copy(table, &delta, paths).await?;
        match replace(table, &delta, &group, &written, Change::Layout).await? {
            Outcome::Landed => {
                done.files_merged += group.len();
                done.files_written += written.files();
            }
            Outcome::Superseded => {
                done.superseded += 1;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The first group of files that is worth a merge.
fn choose(files: Vec<DataFile>, table: Table, settings: &MaintenanceSettings, now: Micros) -> Option<Vec<DataFile>> {
    let mut groups: BTreeMap<(String, Age), Vec<DataFile>> = BTreeMap::new();
    for file in files.into_iter().filter(|file| file.size < settings.target_bytes / 2) {
        let age = if table == Table::DeadLetters { age(&file, settings, now) } else { Age::Young };
        groups.entry((file.partition.clone(), age)).or_default().push(file);
    }
    groups.into_values().find_map(|mut group| {
        group.sort_by(|a, b| (a.size, &a.path).cmp(&(b.size, &b.path)));
        let mut taken: u64 = 0;
        let fits = |file: &DataFile| {
            let fits = file.size <= taken.max(TINY_BYTES) && taken + file.size <= settings.target_bytes;
            taken += if fits { file.size } else { 0 };
            fits
        };
        let count = group.iter().map(fits).take_while(|fits| *fits).count();
        group.truncate(count);
        (count >= settings.small_files.max(2)).then_some(group)
    })
}

async fn copy(table: Table, delta: &DeltaTable, paths: Vec<String>) -> Result<Written, StoreError> {
    let mut rows = read::scan(table, delta.clone(), Some(paths)).await?;
    let mut writer = TableWriter::of(table, delta.clone());
    loop {
        let failed = match rows.try_next().await {
            Ok(Some(batch)) => match writer.write(batch).await {
                Ok(()) => continue,
                Err(CommitError::Store(error)) => error,
                // A writer without offsets has no other errors.
                Err(_) => return writer.finish().await,
            },
            Ok(None) => return writer.finish().await,
            Err(error) => error,
        };
        writer.abort().await;
        return Err(failed);
    }
}
