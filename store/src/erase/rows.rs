//! Rows that name a person, found and rewritten file by file.

use super::name::Name;
use crate::error::{CommitError, StoreError};
use crate::maintain::rewrite::{Change, DataFile, Outcome, files, replace};
use crate::open::Store;
use crate::read;
use crate::table::Table;
use crate::writer::{TableWriter, Written};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, nullif};
use arrow::error::ArrowError;
use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;
use touchpoint::Micros;

/// Another process may rewrite beside us where nothing locks: so often the newest files are looked at again.
const TRIES: usize = 5;
/// What a dead letter loses.
const BLANKED: &[&str] = &["key", "payload", "payload_sha256"];

/// What is, or was, done to the rows of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowsReport {
    /// Rows that go.
    pub removed: usize,
    /// Dead letters that lose key, payload and hash.
    pub blanked: usize,
    /// Files that are written anew.
    pub files: usize,
}

/// What would be done.
pub(super) async fn named(store: &Store, table: Table, name: &Name<'_>, now: Micros) -> Result<RowsReport, StoreError> {
    let delta = store.newest(table).await?;
    let mut report = RowsReport::default();
    for file in files(table, &delta, now)? {
        report.add(table, count(table, &delta, &file, name).await?);
    }
    Ok(report)
}

/// Does it.
pub(super) async fn rewrite(
    store: &Store,
    table: Table,
    name: &Name<'_>,
    now: Micros,
) -> Result<RowsReport, StoreError> {
    let mut report = RowsReport::default();
    for _ in 0..TRIES {
        let mut superseded = false;
        let delta = store.newest(table).await?;
        for file in files(table, &delta, now)? {
            let rows = count(table, &delta, &file, name).await?;
            if rows == 0 {
                continue;
            }
            let written = copy_without(table, &delta, &file, name).await?;
            match replace(table, &delta, std::slice::from_ref(&file), &written, Change::Rows).await? {
                Outcome::Landed => report.add(table, rows),
                Outcome::Superseded => superseded = true,
            }
            fail::fail_point!("erase::rewritten");
        }
        if !superseded {
            return Ok(report);
        }
    }
    let other = "another process keeps rewriting this table: stop it, and run the erasure again";
    Err(StoreError::storage(table, "erasing rows")(DeltaTableError::generic(other)))
}

impl RowsReport {
    fn add(&mut self, table: Table, rows: usize) {
        match table {
            Table::DeadLetters => self.blanked += rows,
            Table::TouchpointLog | Table::HcpMetrics | Table::Alerts => self.removed += rows,
        }
        self.files += usize::from(rows > 0);
    }
}

/// The columns that say whether a row names the person.
fn telling(table: Table) -> &'static [&'static str] {
    match table {
        Table::DeadLetters => &["key", "payload"],
        Table::TouchpointLog | Table::HcpMetrics | Table::Alerts => &["hcp_id"],
    }
}

async fn count(table: Table, delta: &DeltaTable, file: &DataFile, name: &Name<'_>) -> Result<usize, StoreError> {
    let mut rows = read::scan_columns(table, delta.clone(), vec![file.path.clone()], telling(table)).await?;
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        count += is_named(table, &batch, name).map_err(StoreError::rows(table))?.true_count();
    }
    Ok(count)
}

/// Which rows name the person.
fn is_named(table: Table, batch: &RecordBatch, name: &Name<'_>) -> Result<BooleanArray, ArrowError> {
    let missing = |column: &str| ArrowError::SchemaError(format!("{table} needs column {column}"));
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
    match table {
        Table::DeadLetters => {
            let (key, payload) = (column("key")?, column("payload")?);
            let key = key.as_binary_opt::<i32>().ok_or_else(|| missing("key"))?;
            let payload = payload.as_binary_opt::<i32>().ok_or_else(|| missing("payload"))?;
            let stands = |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| name.stands_in_json(bytes));
            Ok(key.iter().zip(payload.iter()).map(|(key, payload)| Some(stands(key) || stands(payload))).collect())
        }
        Table::TouchpointLog | Table::HcpMetrics | Table::Alerts => {
            let ids = column("hcp_id")?.as_string_opt::<i32>().ok_or_else(|| missing("hcp_id"))?;
            Ok(ids.iter().map(|id| Some(id.is_some_and(|id| name.is(id)))).collect())
        }
    }
}

/// The batch as it is to be.
fn without(table: Table, batch: &RecordBatch, name: &Name<'_>) -> Result<RecordBatch, ArrowError> {
    let named = is_named(table, batch, name)?;
    if table != Table::DeadLetters {
        return filter_record_batch(batch, &arrow::compute::not(&named)?);
    }
    let schema = batch.schema();
    let column = |(field, column): (&arrow::datatypes::FieldRef, &ArrayRef)| {
        if BLANKED.contains(&field.name().as_str()) { compacted(column, &named) } else { Ok(column.clone()) }
    };
    RecordBatch::try_new(
        schema.clone(),
        schema.fields().iter().zip(batch.columns()).map(column).collect::<Result<_, _>>()?,
    )
}

/// The column with NULL where it is `named`, and without the bytes that stood there.
fn compacted(column: &ArrayRef, named: &BooleanArray) -> Result<ArrayRef, ArrowError> {
    let blanked = nullif(column, named)?;
    let rows: arrow::array::UInt32Array = (0..blanked.len()).map(|row| u32::try_from(row).ok()).collect();
    arrow::compute::take(&blanked, &rows, None)
}

async fn copy_without(
    table: Table,
    delta: &DeltaTable,
    file: &DataFile,
    name: &Name<'_>,
) -> Result<Written, StoreError> {
    let mut rows = read::scan(table, delta.clone(), Some(vec![file.path.clone()])).await?;
    let mut writer = TableWriter::of(table, delta.clone());
    loop {
        let step = match rows.try_next().await {
            Ok(None) => return writer.finish().await,
            Ok(Some(batch)) => match without(table, &batch, name) {
                Ok(rest) => writer.write(rest).await,
                Err(error) => Err(StoreError::rows(table)(error).into()),
            },
            Err(error) => Err(error.into()),
        };
        let Err(error) = step else { continue };
        writer.abort().await;
        return Err(match error {
            CommitError::Store(error) => error,
            other => StoreError::storage(table, "erasing rows")(DeltaTableError::generic(other.to_string())),
        });
    }
}
