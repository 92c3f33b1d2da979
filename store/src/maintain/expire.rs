//! Expiry of dead letters' payloads: after the retention the payload becomes NULL, its SHA-256 and the row stay.
//!
//! The border lies at a midnight, so a file is touched at most once a day. A rewrite puts old and young rows into
//! different files; a file is due when its oldest row is beyond the border and its footer still counts a payload.

use super::rewrite::{Change, DataFile, Outcome, files, replace};
use super::{MaintenanceSettings, TableReport};
use crate::error::{CommitError, StoreError};
use crate::open::Store;
use crate::read;
use crate::table::Table;
use crate::writer::{TableWriter, Written};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use deltalake::logstore::object_store::ObjectStoreExt;
use deltalake::parquet::errors::ParquetError;
use deltalake::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use deltalake::{DeltaTable, DeltaTableError, Path};
use futures::TryStreamExt;
use touchpoint::Micros;
use touchpoint::time::midnight;

const TABLE: Table = Table::DeadLetters;
const FOOTER_GUESS: u64 = 64 * 1024;

/// Whether a file has rows beyond the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    Old,
    Young,
}

/// A file without readable statistics counts as old: expiry then looks into it.
pub(super) fn age(file: &DataFile, settings: &MaintenanceSettings, now: Micros) -> Age {
    let oldest = file.stats.as_ref().and_then(|stats| {
        let stats: serde_json::Value = serde_json::from_str(stats).ok()?;
        let text = stats.get("minValues")?.get("rejected_at")?.as_str()?;
        Some(chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros())
    });
    if oldest.is_some_and(|oldest| oldest >= border(settings, now)) { Age::Young } else { Age::Old }
}

fn border(settings: &MaintenanceSettings, now: Micros) -> Micros {
    midnight(now - settings.payload_retention)
}

pub(super) async fn expire(
    store: &Store,
    settings: &MaintenanceSettings,
    now: Micros,
    done: &mut TableReport,
) -> Result<(), StoreError> {
    let delta = store.newest(TABLE).await?;
    let old = files(TABLE, &delta, now)?.into_iter().filter(|file| age(file, settings, now) == Age::Old);
    for file in old {
        if !has_payload(&delta, &file).await? {
            continue;
        }
        let (written, expired) = split(&delta, &file, border(settings, now)).await?;
        if expired == 0 {
            written.discard(&delta).await;
            continue;
        }
        match replace(TABLE, &delta, std::slice::from_ref(&file), &written, Change::Rows).await? {
            Outcome::Landed => done.payloads_expired += expired,
            Outcome::Superseded => done.superseded += 1,
        }
    }
    Ok(())
}

/// Whether the footer counts a payload that is not NULL; `true` when it does not count.
async fn has_payload(delta: &DeltaTable, file: &DataFile) -> Result<bool, StoreError> {
    let footer = footer(delta, file).await.map_err(StoreError::storage(TABLE, "reading a footer"))?;
    let groups = footer.row_groups();
    Ok(groups.iter().any(|group| {
        let payload = group.columns().iter().find(|column| column.column_path().string() == "payload");
        let nulls = payload.and_then(|column| column.statistics()).and_then(|stats| stats.null_count_opt());
        nulls.and_then(|nulls| i64::try_from(nulls).ok()) != Some(group.num_rows())
    }))
}

/// The file's footer: its end is read, and read again where it was too short.
async fn footer(delta: &DeltaTable, file: &DataFile) -> Result<ParquetMetaData, DeltaTableError> {
    let (store, path) = (delta.object_store(), Path::from(file.path.as_str()));
    let mut length = FOOTER_GUESS.min(file.size);
    loop {
        let tail = store.get_range(&path, file.size - length..file.size).await?;
        let mut reader = ParquetMetaDataReader::new();
        match reader.try_parse_sized(&tail, file.size) {
            Ok(()) => return reader.finish().map_err(|source| DeltaTableError::Parquet { source }),
            Err(ParquetError::NeedMoreData(needed)) if needed as u64 > length && length < file.size => {
                length = file.size.min(needed as u64);
            }
            Err(source) => return Err(DeltaTableError::Parquet { source }),
        }
    }
}

/// The file's rows in new files, old and young apart, and how many payloads became NULL.
async fn split(delta: &DeltaTable, file: &DataFile, border: Micros) -> Result<(Written, usize), StoreError> {
    let mut rows = read::scan(TABLE, delta.clone(), Some(vec![file.path.clone()])).await?;
    let mut old = TableWriter::of(TABLE, delta.clone());
    let mut young = TableWriter::of(TABLE, delta.clone());
    let mut expired = 0;
    loop {
        let step = match rows.try_next().await {
            Ok(None) => break,
            Ok(Some(batch)) => write_parts(&batch, border, &mut old, &mut young).await,
            Err(error) => Err(error.into()),
        };
        match step {
            Ok(count) => expired += count,
            Err(error) => {
                old.abort().await;
                young.abort().await;
                return Err(match error {
                    CommitError::Store(error) => error,
                    other => {
                        StoreError::storage(TABLE, "expiring payloads")(DeltaTableError::generic(other.to_string()))
                    }
                });
            }
        }
    }
    let (mut written, rest) = (old.finish().await?, young.finish().await?);
    written.adds.extend(rest.adds);
    written.rows += rest.rows;
    Ok((written, expired))
}

async fn write_parts(
    batch: &RecordBatch,
    border: Micros,
    old: &mut TableWriter,
    young: &mut TableWriter,
) -> Result<usize, CommitError> {
    let (without, rest, expired) = parts(batch, border).map_err(StoreError::rows(TABLE))?;
    old.write(without).await?;
    young.write(rest).await?;
    Ok(expired)
}

fn parts(batch: &RecordBatch, border: Micros) -> Result<(RecordBatch, RecordBatch, usize), ArrowError> {
    let missing = || ArrowError::SchemaError("dead letters need columns rejected_at and payload".to_owned());
    let rejected = batch.column_by_name("rejected_at").ok_or_else(missing)?;
    let rejected = rejected.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(missing)?;
    let is_old: BooleanArray = rejected.iter().map(|at| Some(at.is_some_and(|at| at < border))).collect();
    let old = filter_record_batch(batch, &is_old)?;
    let payload = old.schema().index_of("payload")?;
    let mut columns = old.columns().to_vec();
    let Some(column) = columns.get_mut(payload) else { return Err(missing()) };
    let expired = column.len() - column.null_count();
    *column = new_null_array(column.data_type(), column.len());
    Ok((RecordBatch::try_new(old.schema(), columns)?, filter_record_batch(batch, &not(&is_old)?)?, expired))
}
