//! Rows arranged for the encoder: small batches joined, partition values kept apart.
//!
//! Every call of the Parquet encoder costs a fixed time for each of the log's 36 columns, whatever it is given, and a
//! cycle comes as one batch per poll: joining them first makes that time small again. A batch whose rows share their
//! partition value, as nearly all do, is passed on without copying a row.

use crate::table::Table;
use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Batches of this many rows are not joined with others.
const LARGE_ROWS: usize = 8 * 1024;
/// Rows of a joined batch, at most.
const JOINED_ROWS: usize = 64 * 1024;
/// Bytes of a joined batch, at most: dead letters carry whole payloads, and Arrow's offsets end at 2 GiB.
const JOINED_BYTES: usize = 64 * 1024 * 1024;

/// The same rows in the same order, in batches that are worth a call.
///
/// # Errors
/// The batches differ in their columns.
pub(crate) fn joined(batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut done = Vec::new();
    let mut group: Vec<RecordBatch> = Vec::new();
    let (mut rows, mut bytes) = (0, 0);
    for batch in batches.into_iter().filter(|batch| batch.num_rows() > 0) {
        let (more, size) = (batch.num_rows(), batch.get_array_memory_size());
        if more >= LARGE_ROWS || rows + more > JOINED_ROWS || bytes + size > JOINED_BYTES {
            done.extend(join(&mut group)?);
            (rows, bytes) = (0, 0);
        }
        group.push(batch);
        (rows, bytes) = (rows + more, bytes + size);
    }
    done.extend(join(&mut group)?);
    Ok(done)
}

fn join(group: &mut Vec<RecordBatch>) -> Result<Option<RecordBatch>, ArrowError> {
    let joined = match group.as_slice() {
        [] => return Ok(None),
        [one] => one.clone(),
        [first, ..] => concat_batches(&first.schema(), group.iter())?,
    };
    group.clear();
    Ok(Some(joined))
}

/// The columns that stand in the files of a table: all but those it is partitioned by.
pub(crate) fn file_schema(table: Table) -> SchemaRef {
    let schema = table.schema();
    let stored = schema.fields().iter().filter(|f| !table.partition_columns().contains(&f.name().as_str()));
    Arc::new(Schema::new(stored.cloned().collect::<Vec<_>>()))
}

/// The rows of each partition value in their order, without the partition column; a table without one has the value "".
///
/// # Errors
/// The partition column is missing, or is no text.
pub(crate) fn by_partition(table: Table, batch: &RecordBatch) -> Result<Vec<(String, RecordBatch)>, ArrowError> {
    let Some(column) = table.partition_columns().first() else { return Ok(vec![(String::new(), batch.clone())]) };
    let index = batch.schema().index_of(column)?;
    let values = batch.column(index).as_string_opt::<i32>();
    let values = values.ok_or_else(|| ArrowError::SchemaError(format!("rows need text in column {column}")))?;
    let mut stored = batch.clone();
    drop(stored.remove_column(index));
    let of_value = rows_of_values(values);
    if let [(value, _)] = of_value.iter().collect::<Vec<_>>().as_slice() {
        return Ok(vec![((*value).to_string(), stored)]);
    }
    let pick = |(value, rows): (&str, Vec<u32>)| {
        take_record_batch(&stored, &UInt32Array::from(rows)).map(|picked| (value.to_owned(), picked))
    };
    of_value.into_iter().map(pick).collect()
}

/// Which rows have which value.
fn rows_of_values(values: &StringArray) -> BTreeMap<&str, Vec<u32>> {
    let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut row = 0;
    while row < values.len() {
        let value = values.value(row);
        let end = (row..values.len()).find(|other| values.value(*other) != value).unwrap_or(values.len());
        // A batch has far fewer than 2^32 rows: its text columns count bytes with 31 bits.
        found.entry(value).or_default().extend(row as u32..end as u32);
        row = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{JOINED_ROWS, LARGE_ROWS, by_partition, file_schema, joined};
    use crate::sample::{calls, dead_rows, log_rows};
    use crate::table::Table;
    use arrow::array::{AsArray, RecordBatch};
    use arrow::compute::concat_batches;
    use arrow::datatypes::Int64Type;

    fn offsets(batch: &RecordBatch) -> Vec<i64> {
        batch.column_by_name("kafka_offset").unwrap().as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn joining_keeps_rows_and_order_within_its_bounds() {
        let lengths = [1, 3, 0, LARGE_ROWS, 5, LARGE_ROWS - 1, LARGE_ROWS - 1, 2];
        let mut from = 0;
        let next = |length: &usize| {
            from += *length as i64;
            log_rows(&calls(0), from - *length as i64..from)
        };
        let batches: Vec<RecordBatch> = lengths.iter().map(next).collect();
        let whole = concat_batches(&Table::TouchpointLog.schema(), &batches).unwrap();
        let found = joined(batches).unwrap();
        assert_eq!(found.iter().map(RecordBatch::num_rows).collect::<Vec<_>>()[0], 4);
        assert!(found.len() < lengths.len() && found.iter().all(|b| (1..=JOINED_ROWS).contains(&b.num_rows())));
        assert_eq!(concat_batches(&whole.schema(), &found).unwrap(), whole);
        assert!(joined(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn months_are_told_apart_wherever_they_change() {
        // Calls an hour apart from 2026-03-05 on, deletes always in the month of their ingestion.
        let batch = log_rows(&calls(0), 0..1_500);
        let months = batch.column_by_name("event_month").unwrap().as_string::<i32>();
        let found = by_partition(Table::TouchpointLog, &batch).unwrap();
        assert_eq!(
            found.iter().map(|(month, _)| month.as_str()).collect::<Vec<_>>(),
            ["2026-03", "2026-04", "2026-05"]
        );
        for (month, rows) in &found {
            assert_eq!(rows.schema(), file_schema(Table::TouchpointLog));
            let expected: Vec<i64> = (0..1_500).filter(|row| months.value(*row as usize) == month).collect();
            assert_eq!(offsets(rows), expected, "{month}");
        }
        let one = by_partition(Table::TouchpointLog, &batch.slice(0, 20)).unwrap();
        assert_eq!(
            one.iter().map(|(month, rows)| (month.as_str(), offsets(rows))).collect::<Vec<_>>(),
            [("2026-03", (0..20).collect())]
        );
        let none = by_partition(Table::DeadLetters, &dead_rows(&calls(0), 0..3, 7)).unwrap();
        assert_eq!(none.iter().map(|(value, rows)| (value.as_str(), rows.num_rows())).collect::<Vec<_>>(), [("", 3)]);
    }
}
