//! The rows of a file or topic, whatever its format.

use super::cell::Cell;
use super::column::Column;
use super::csv_rows::CsvRows;
use super::ndjson_rows::NdjsonRows;
use super::parquet_rows::ParquetRows;
use super::problem::{Found, Place};
use std::fs::File;
use std::path::Path;

/// Longest row of JSON, in bytes: far above fifteen columns of 128 bytes, and no line of any length is held.
pub(super) const MAX_ROW: usize = 64 << 10;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
    Parquet,
}

impl Format {
    /// The format that the ending of a name says, in letters of any case.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A cursor over the rows of a file or topic.
pub(super) trait RowSource {
    /// Goes to the next row; `false` at the end. What is no row is noted and passed over.
    fn advance(&mut self, found: &mut Found<'_>) -> bool;
    /// Where the row stands.
    fn place(&self) -> Place;
    /// The row's value in a declared column, by the column's number.
    fn cell(&self, column: usize) -> Cell<'_>;
}

/// Opens a file; `None` once it has noted why there are no rows to be had.
pub(super) fn open(path: &Path, columns: &'static [Column], found: &mut Found<'_>) -> Option<Box<dyn RowSource>> {
    let Some(format) = Format::of(path) else {
        found.note(None, None, "a file name that ends in .csv, .ndjson or .parquet");
        return None;
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            found.unreadable(&error);
            return None;
        }
    };
    Some(match format {
        Format::Csv => Box::new(CsvRows::open(file, columns, found)?),
        Format::Ndjson => Box::new(NdjsonRows::new(file, columns)),
        Format::Parquet => Box::new(ParquetRows::open(file, columns, found)?),
    })
}
