//! The files of one version of a table, as the Delta log tells of them, and which of them may hold a wanted row.
//!
//! The log gives, per file, its rows and for some columns ([`Table::statistics_columns`]) the least and the greatest
//! value and how many are NULL; instants are cut to milliseconds there, so both borders are taken one millisecond wider.
//! A file is left out only if its statistics prove that no row of it satisfies the filter: what is not known keeps it.

use crate::error::StoreError;
use crate::table::Table;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::DataFusionError;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::PhysicalExpr;
use deltalake::logstore::object_store::ObjectMeta;
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaTableError, Path};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// One millisecond, which the log cuts from instants, in microseconds.
const CUT: i64 = 1_000;

/// See the module: one row per file.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    schema: SchemaRef,
    log: RecordBatch,
}

impl Files {
    /// The files at `paths`, or all of them.
    pub(crate) fn of(table: Table, state: &DeltaTableState, paths: Option<&[String]>) -> Result<Self, StoreError> {
        let log = state.add_actions_table(true).map_err(StoreError::storage(table, "listing its files"))?;
        let files = Self { schema: table.schema(), log };
        let Some(paths) = paths else { return Ok(files) };
        let wanted: HashSet<&str> = paths.iter().map(String::as_str).collect();
        let asked: BooleanArray =
            files.paths().map_err(StoreError::scan(table))?.iter().map(|path| Some(wanted.contains(&**path))).collect();
        files.only(&asked).map_err(StoreError::scan(table))
    }

    /// Those that may hold a row for which `filter` is true. A filter that statistics cannot speak about keeps all.
    pub(crate) fn that_may_satisfy(&self, filter: &Arc<dyn PhysicalExpr>) -> Result<Self, DataFusionError> {
        let predicate = PruningPredicateBuilder::new().with_file_schema(self.schema.clone()).build(filter.clone());
        match predicate {
            Some(predicate) => self.only(&BooleanArray::from(predicate.prune(self)?)),
            None => Ok(self.clone()),
        }
    }

    /// How many rows they hold, if the log says so of each.
    pub(crate) fn rows(&self) -> Option<usize> {
        let rows = self.log.column_by_name("num_records")?.as_primitive_opt::<Int64Type>()?;
        let whole = |count: Option<i64>| count.and_then(|count| usize::try_from(count).ok());
        rows.iter().map(whole).sum()
    }

    /// As a scan of `schema` takes them.
    pub(crate) fn partitioned(&self, schema: &TableSchema) -> Result<Vec<PartitionedFile>, DataFusionError> {
        let (sizes, changed) = (self.whole_numbers("size_bytes")?, self.whole_numbers("modification_time")?);
        let values: Vec<ArrayRef> = (schema.table_partition_cols().iter())
            .map(|field| Ok(cast(self.column(&format!("partition.{}", field.name()))?, field.data_type())?))
            .collect::<Result<_, DataFusionError>>()?;
        let file = |(row, path): (usize, Cow<'_, str>)| {
            let meta = ObjectMeta {
                location: Path::parse(&path).unwrap_or_else(|_| Path::from(&*path)),
                last_modified: chrono::DateTime::from_timestamp_millis(changed.value(row)).unwrap_or_default(),
                size: u64::try_from(sizes.value(row)).unwrap_or_default(),
                e_tag: None,
                version: None,
            };
            let values: Vec<ScalarValue> =
                values.iter().map(|column| ScalarValue::try_from_array(column, row)).collect::<Result<_, _>>()?;
            Ok(PartitionedFile::new_from_meta(meta).with_partition_values(values))
        };
        self.paths()?.into_iter().enumerate().map(file).collect()
    }

    /// Relative to the table, decoded.
    fn paths(&self) -> Result<Vec<Cow<'_, str>>, DataFusionError> {
        let column = self.column("path")?;
        let paths = column.as_string_opt::<i32>().ok_or_else(|| unfit("path"))?;
        Ok(paths.iter().flatten().map(|path| percent_decode_str(path).decode_utf8_lossy()).collect())
    }

    fn only(&self, kept: &BooleanArray) -> Result<Self, DataFusionError> {
        Ok(Self { schema: self.schema.clone(), log: filter_record_batch(&self.log, kept)? })
    }

    fn whole_numbers(&self, name: &str) -> Result<&Int64Array, DataFusionError> {
        self.column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| unfit(name))
    }

    fn column(&self, name: &str) -> Result<&ArrayRef, DataFusionError> {
        self.log.column_by_name(name).ok_or_else(|| unfit(name))
    }

    /// One border of a column per file, in the column's type; `None` if the log has none of it.
    fn border(&self, column: &Column, border: Border) -> Option<ArrayRef> {
        let field = self.schema.field_with_name(column.name()).ok()?;
        if let Some(value) = self.log.column_by_name(&format!("partition.{}", field.name())) {
            return cast(value, field.data_type()).ok();
        }
        let value = self.log.column_by_name(&format!("{}.{}", border.name(), field.name()))?;
        let value = cast(value, field.data_type()).ok()?;
        Some(match field.data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                let wider =
                    value.as_primitive::<TimestampMicrosecondType>().unary::<_, TimestampMicrosecondType>(|instant| {
                        match border {
                            Border::Least => instant.saturating_sub(CUT),
                            Border::Greatest => instant.saturating_add(CUT),
                        }
                    });
                Arc::new(wider.with_timezone_opt(zone.clone()))
            }
            _ => value,
        })
    }

    fn counts(&self, name: &str) -> Option<ArrayRef> {
        cast(self.log.column_by_name(name)?, &DataType::UInt64).ok()
    }
}

/// A side of what a file's values lie between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Border {
    Least,
    Greatest,
}

impl Border {
    fn name(self) -> &'static str {
        match self {
            Self::Least => "min",
            Self::Greatest => "max",
        }
    }
}

fn unfit(column: &str) -> DataFusionError {
    let message = format!("the list of the table's files has no column {column} of the expected type");
    DataFusionError::External(Box::new(DeltaTableError::Generic(message)))
}

impl PruningStatistics for Files {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.border(column, Border::Least)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.border(column, Border::Greatest)
    }

    fn num_containers(&self) -> usize {
        self.log.num_rows()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.counts(&format!("null_count.{}", column.name()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        self.counts("num_records")
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

#[cfg(test)]
mod tests;
