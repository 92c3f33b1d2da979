//! Query results as table, CSV or JSON, written batch by batch.
//!
//! | format | shape | NULL | memory |
//! |---|---|---|---|
//! | `table` | aligned columns; stops after [`TABLE_ROWS`] rows and says so | `NULL` | up to that many rows |
//! | `csv` | RFC 4180 (CRLF), one header line, also without rows | empty field | one batch |
//! | `json` | NDJSON: one object per line with every column; NaN and infinities are null | null | one batch |
//!
//! Instants are RFC 3339 in UTC. Control characters in table cells are shown as `U+FFFD`, so that stored text cannot
//! steer the terminal. A reader that goes away (broken pipe) is [`Delivered::Closed`], not an error.

mod outlet;
#[cfg(test)]
mod tests;

use clap::ValueEnum;
use datafusion::arrow::csv::WriterBuilder as CsvBuilder;
use datafusion::arrow::csv::writer::Terminator;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::WriterBuilder as JsonBuilder;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::FormatOptions;
use datafusion::arrow::util::pretty::pretty_format_batches_with_options;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
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
}

/// A result that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The query failed while it ran. The message says whose fault it is; a retry helps only against outside causes.
    #[error("{}", .0.strip_backtrace())]
    Query(#[source] DataFusionError),
    /// CSV has no form for lists and structs.
    #[error("column {0} holds lists or structs, which csv cannot: select its fields, or use --format json")]
    Nested(String),
    /// A value has no form in the format.
    #[error("the result cannot be written in this format: {0}")]
    Encode(#[source] ArrowError),
    /// The output refused the bytes (disk full, …).
    #[error("cannot write the result: {0}")]
    Write(#[from] std::io::Error),
}

/// Runs the stream to its end and writes every batch as it comes. Dropping the future cancels the query.
///
/// # Errors
/// The query's own failure, values that the format cannot hold, and output that refuses bytes.
pub async fn write_results(
    results: SendableRecordBatchStream,
    format: OutputFormat,
    out: &mut dyn Write,
) -> Result<Delivered, FormatError> {
    let mut outlet = Outlet::new(out);
    let written = match format {
        OutputFormat::Table => write_table(results, &mut outlet).await,
        OutputFormat::Csv => write_csv(results, &mut outlet).await,
        OutputFormat::Json => write_json(results, &mut outlet).await,
    };
    match (written, outlet.failure()) {
        (Ok(delivered), _) => Ok(delivered),
        (Err(_), Some(failure)) if failure.kind() == std::io::ErrorKind::BrokenPipe => Ok(Delivered::Closed),
        // The Arrow writers flatten I/O errors into text: the outlet remembers what happened.
        (Err(FormatError::Encode(_)), Some(failure)) => Err(FormatError::Write(failure)),
        (Err(error), _) => Err(error),
    }
}

/// Batches in memory as an aligned table. Nothing is written for a schema without columns.
///
/// # Errors
/// Values without a text form, and output that refuses bytes.
pub fn write_aligned(batches: &[RecordBatch], out: &mut dyn Write) -> Result<(), FormatError> {
    if batches.iter().all(|b| b.num_columns() == 0) {
        return Ok(());
    }
    let options = FormatOptions::new().with_null("NULL");
    let table = pretty_format_batches_with_options(batches, &options).map_err(FormatError::Encode)?.to_string();
    let harmless: String = table.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect();
    writeln!(out, "{harmless}")?;
    Ok(())
}

async fn write_table(mut results: SendableRecordBatchStream, out: &mut Outlet<'_>) -> Result<Delivered, FormatError> {
    let mut batches = vec![RecordBatch::new_empty(results.schema())];
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
    write_aligned(&batches, out)?;
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
