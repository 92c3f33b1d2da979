//! Columns one after another, and the batch that they make.

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::reference::Validity;
use touchpoint::time::{EARLIEST, LATEST};

/// The columns of a table.
#[derive(Debug, Default)]
pub(super) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn with(mut self, name: &str, array: ArrayRef) -> Self {
        self.fields.push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(array);
        self
    }

    pub(super) fn text<'a>(self, name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Self {
        self.with(name, Arc::new(values.collect::<StringArray>()))
    }

    pub(super) fn owned_text(self, name: &str, values: impl Iterator<Item = Option<String>>) -> Self {
        self.with(name, Arc::new(values.collect::<StringArray>()))
    }

    pub(super) fn number(self, name: &str, values: impl Iterator<Item = Option<u32>>) -> Self {
        self.with(name, Arc::new(values.map(|value| value.map(i64::from)).collect::<Int64Array>()))
    }

    pub(super) fn real(self, name: &str, values: impl Iterator<Item = Option<f64>>) -> Self {
        self.with(name, Arc::new(values.collect::<Float64Array>()))
    }

    pub(super) fn flag(self, name: &str, values: impl Iterator<Item = bool>) -> Self {
        self.with(name, Arc::new(values.map(Some).collect::<BooleanArray>()))
    }

    pub(super) fn instant(self, name: &str, values: impl Iterator<Item = Option<Micros>>) -> Self {
        self.with(name, Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC")))
    }

    /// `valid_from` and `valid_to`, NULL where the row has no beginning and no end.
    pub(super) fn validity(self, values: impl Iterator<Item = Validity> + Clone) -> Self {
        self.instant("valid_from", values.clone().map(|validity| (validity.from > EARLIEST).then_some(validity.from)))
            .instant("valid_to", values.map(|validity| (validity.to <= LATEST).then_some(validity.to)))
    }

    /// The rows.
    ///
    /// # Errors
    /// Columns of different lengths: a bug.
    pub(super) fn batch(self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)
    }
}
