//! Query results as table, CSV, JSON or Parquet, written batch by batch.
//!
//! | format | shape | NULL | memory |
//! |---|---|---|---|
//! | `table` | aligned columns, numbers to the right; stops after [`TABLE_ROWS`] rows and says so | `NULL` | up to that many rows |
//! | `csv` | RFC 4180 (CRLF), one header line, also without rows | empty field | one batch |
//! | `json` | NDJSON: one object per line with every column; NaN and infinities are null | null | one batch |
//! | `parquet` | one file, ZSTD, with the types of the result | null | one row group |
//!
//! A table has two looks, [`Look`]: rows under each other, or a block per row. On a terminal it is fitted to its width
//! ([`aligned`]), and says so. Text that reads NULL is shown as `"NULL"`, an empty text as nothing. Instants are RFC 3339 in
//! UTC. Control characters in table cells are shown as `U+FFFD`, so that stored text cannot steer the terminal. A reader
//! that goes away (broken pipe) is [`Delivered::Closed`], not an error. What goes into a file goes through a [`WholeFile`].

mod aligned;
mod cells;
mod expanded;
mod outlet;
mod parquet;
#[cfg(test)]
mod tests;
mod whole_file;

pub(crate) use cells::NUMBERS;
pub use whole_file::WholeFile;

use clap::ValueEnum;
use datafusion::arrow::csv::WriterBuilder as CsvBuilder;
use datafusion::arrow::csv::writer::Terminator;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::WriterBuilder as JsonBuilder;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::errors::ParquetError;
use futures::StreamExt;
use outlet::Outlet;
use std::io::Write;

/// Rows after which a table ends; aligned columns need all of them in memory.
pub const TABLE_ROWS: usize = 10_000;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns, for people
    Table,
    /// RFC 4180 with a header
    Csv,
    /// One JSON object per line
    Json,
    /// One Parquet file; not for a terminal
    Parquet,
}

impl OutputFormat {
    /// The format that the name of a file ends with.
    pub fn of_file(file: &std::path::Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" | "ndjson" | "jsonl" => Some(Self::Json),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// How a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A line per row.
    Rows,
    /// A block per row, a line per column.
    Blocks,
}

/// A format, and what a table needs to know beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The format.
    pub format: OutputFormat,
    /// How a table looks.
    pub look: Look,
    /// Columns of the terminal that a table is fitted to; `None` writes every value whole.
    pub width: Option<usize>,
}

impl From<OutputFormat> for Style {
    fn from(format: OutputFormat) -> Self {
        Self { format, look: Look::Rows, width: None }
    }
}

/// How far a result came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// All of it: this many rows.
    Complete(usize),
    /// This many rows; the table says that there are more.
    Cut(usize),
    /// The reader went away; stop without a word.
    Closed,
    /// Whoever looked at it has seen enough: a pager was left.
    Left,
}

/// A result that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The query failed while it ran. The message says whose fault it is; a retry helps only against outside causes.
    #[error("{}", told(.0))]
    Query(#[source] DataFusionError),
    /// CSV has no form for lists and structs.
    #[error("column {0} holds lists or structs, which csv cannot: select its fields, or use --format json")]
    Nested(String),
    /// Parquet on a terminal helps nobody.
    #[error("parquet is not for a terminal: name a file (--output FILE, or \\o FILE at the prompt), or use a pipe")]
    Terminal,
    /// A Parquet file holds one result.
    #[error(
        "a parquet file holds one result, and this is the second: run the statements one by one, or use csv or json"
    )]
    SecondResult,
    /// A value has no form in the format.
    #[error("the result cannot be written in this format: {0}")]
    Encode(#[source] ArrowError),
    /// A type that Parquet has no form for.
    #[error("the result cannot be written as parquet: {0}")]
    Parquet(#[source] ParquetError),
    /// The output refused the bytes (disk full, …).
    #[error("cannot write the result: {0}")]
    Write(#[from] std::io::Error),
}

fn told(error: &DataFusionError) -> String {
    match error {
        DataFusionError::External(cause) => cause.to_string(),
        other => other.strip_backtrace(),
    }
}

/// Runs the stream to its end and writes every batch as it comes. Dropping the future cancels the query.
///
/// # Errors
/// The query's own failure, values that the format cannot hold, and output that refuses bytes.
pub async fn write_results(
    results: SendableRecordBatchStream,
    style: impl Into<Style>,
    out: &mut dyn Write,
) -> Result<Delivered, FormatError> {
    let mut outlet = Outlet::new(out);
    let style = style.into();
    let written = match style.format {
        OutputFormat::Table => write_table(results, style, &mut outlet).await,
        OutputFormat::Csv => write_csv(results, &mut outlet).await,
        OutputFormat::Json => write_json(results, &mut outlet).await,
        OutputFormat::Parquet => parquet::write(results, &mut outlet).await,
    };
    match (written, outlet.failure()) {
        (Ok(delivered), _) => Ok(delivered),
        (Err(_), Some(failure)) if failure.kind() == std::io::ErrorKind::BrokenPipe => Ok(Delivered::Closed),
        // The Arrow writers flatten I/O errors into text: the outlet remembers what happened.
        (Err(FormatError::Encode(_)), Some(failure)) => Err(FormatError::Write(failure)),
        (Err(error), _) => Err(error),
    }
}

async fn write_table(
    mut results: SendableRecordBatchStream,
    style: Style,
    out: &mut Outlet<'_>,
) -> Result<Delivered, FormatError> {
    let schema = results.schema();
    let mut batches = Vec::new();
    let mut rows = 0;
    let mut more = false;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(FormatError::Query)?;
        let room = TABLE_ROWS - rows;
        more = batch.num_rows() > room;
        rows += batch.num_rows().min(room);
        batches.push(batch.slice(0, batch.num_rows().min(room)));
        if more {
            break;
        }
    }
    let columns = cells::columns(&schema, &batches).map_err(FormatError::Encode)?;
    // The lines of a plan are wider than any terminal, and of no use when they are cut.
    let is_plan = schema.fields().iter().map(|f| f.name().as_str()).eq(["plan_type", "plan"]);
    match style.look {
        _ if columns.is_empty() => {}
        Look::Rows if !(is_plan && style.width.is_some()) => aligned::write(columns, style.width, out)?,
        Look::Rows | Look::Blocks => expanded::write(&columns, out)?,
    }
    if more {
        writeln!(out, "-- the first {rows} rows; there are more: add LIMIT, or use --format csv or json for all")?;
    }
    out.flush()?;
    Ok(if more { Delivered::Cut(rows) } else { Delivered::Complete(rows) })
}

async fn write_csv(mut results: SendableRecordBatchStream, out: &mut Outlet<'_>) -> Result<Delivered, FormatError> {
    let schema = results.schema();
    if schema.fields().is_empty() {
        return drain(results).await;
    }
    refuse_nested(&schema)?;
    let builder = CsvBuilder::new().with_header(true).with_line_terminator(Terminator::CRLF);
    let mut writer = builder.build(out);
    // The header goes out before the first row is known, and when there is none.
    writer.write(&RecordBatch::new_empty(schema)).map_err(FormatError::Encode)?;
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(FormatError::Query)?;
        rows += batch.num_rows();
        writer.write(&batch).map_err(FormatError::Encode)?;
    }
    writer.into_inner().flush()?;
    Ok(Delivered::Complete(rows))
}

async fn write_json(mut results: SendableRecordBatchStream, out: &mut Outlet<'_>) -> Result<Delivered, FormatError> {
    if results.schema().fields().is_empty() {
        return drain(results).await;
    }
    let mut writer = JsonBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(out);
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(FormatError::Query)?;
        rows += batch.num_rows();
        writer.write(&batch).map_err(FormatError::Encode)?;
    }
    writer.finish().map_err(FormatError::Encode)?;
    writer.into_inner().flush()?;
    Ok(Delivered::Complete(rows))
}

/// Statements without columns (`CREATE VIEW`, `SET`) still have to run.
async fn drain(mut results: SendableRecordBatchStream) -> Result<Delivered, FormatError> {
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        rows += batch.map_err(FormatError::Query)?.num_rows();
    }
    Ok(Delivered::Complete(rows))
}

fn refuse_nested(schema: &SchemaRef) -> Result<(), FormatError> {
    let nested = schema.fields().iter().find(|f| f.data_type().is_nested());
    nested.map_or(Ok(()), |field| Err(FormatError::Nested(field.name().clone())))
}
