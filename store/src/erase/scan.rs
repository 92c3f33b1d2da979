//! Looking for an id in every file below a location: Parquet decompressed and value by value, footers too, JSON string by
//! string, anything else byte by byte. What is found is told by file and column, never quoted.

use super::name::{Found, Name};
use crate::connect::{root_path, root_store};
use crate::error::StoreError;
use crate::location::Location;
use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use bytes::Bytes;
use deltalake::logstore::object_store::{ObjectStore, ObjectStoreExt};
use deltalake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use deltalake::parquet::errors::ParquetError;
use deltalake::{ObjectStoreError, Path};
use futures::TryStreamExt;
use std::collections::BTreeMap;

/// Where an id still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The file, from the location on.
    pub file: String,
    /// The column, or what else of the file.
    pub part: String,
    /// How often.
    pub times: u64,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Files looked into.
    pub files: usize,
    /// Their bytes, as they are stored.
    pub bytes: u64,
    /// Where the id stands by itself.
    pub mentions: Vec<Mention>,
    /// How often it stands in something longer, which is another id.
    pub within_longer: u64,
}

/// Looks into every file.
pub(super) async fn scan(location: &Location, name: &Name<'_>) -> Result<ScanReport, StoreError> {
    let (store, root) = (root_store(location)?, root_path(location)?);
    let failed = |source: ObjectStoreError| StoreError::remote(location, "looking for what is left")(source.into());
    let mut report = ScanReport::default();
    let files: Vec<_> = store.list(Some(&root)).try_collect().await.map_err(failed)?;
    for file in files {
        let bytes = match store.get(&file.location).await {
            Ok(found) => found.bytes().await.map_err(failed)?,
            // Another process cleans up where nothing locks.
            Err(ObjectStoreError::NotFound { .. }) => continue,
            Err(error) => return Err(failed(error)),
        };
        report.files += 1;
        report.bytes += bytes.len() as u64;
        report.enter(&below(&root, &file.location), bytes, name);
    }
    Ok(report)
}

fn below(root: &Path, file: &Path) -> String {
    file.as_ref().strip_prefix(root.as_ref()).unwrap_or(file.as_ref()).trim_start_matches('/').to_owned()
}

impl ScanReport {
    fn enter(&mut self, file: &str, bytes: Bytes, name: &Name<'_>) {
        let mut parts = Parts { name, found: BTreeMap::new() };
        parts.see("the file's name", file.as_bytes());
        if file.ends_with(".parquet") {
            if parts.parquet(&bytes).is_err() {
                parts.see("a Parquet file that cannot be read", &bytes);
            }
        } else if file.ends_with(".json") {
            bytes.split(|byte| *byte == b'\n').for_each(|line| parts.json(line));
        } else {
            parts.see("its bytes", &bytes);
        }
        for (part, Found { alone, within }) in parts.found {
            self.within_longer += within;
            if alone > 0 {
                self.mentions.push(Mention { file: file.to_owned(), part, times: alone });
            }
        }
    }
}

/// What was found in a file, by part.
struct Parts<'n> {
    name: &'n Name<'n>,
    found: BTreeMap<String, Found>,
}

impl Parts<'_> {
    fn see(&mut self, part: &str, bytes: &[u8]) {
        let Found { alone, within } = self.name.count(bytes);
        if alone + within > 0 {
            let found = self.found.entry(part.to_owned()).or_default();
            (found.alone, found.within) = (found.alone + alone, found.within + within);
        }
    }

    fn parquet(&mut self, bytes: &Bytes) -> Result<(), ParquetError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone())?;
        let footer = builder.metadata().clone();
        for pair in footer.file_metadata().key_value_metadata().into_iter().flatten() {
            self.see("its footer", pair.key.as_bytes());
            self.see("its footer", pair.value.as_deref().unwrap_or_default().as_bytes());
        }
        let columns = footer.row_groups().iter().flat_map(|group| group.columns());
        for statistics in columns.filter_map(|column| column.statistics()) {
            for bound in [statistics.min_bytes_opt(), statistics.max_bytes_opt()].into_iter().flatten() {
                self.see("its statistics", bound);
            }
        }
        for batch in builder.build()? {
            let batch = batch?;
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                texts(column, &mut |text| self.see(field.name(), text));
            }
        }
        Ok(())
    }

    /// Statistics of the Delta log are JSON in a string, so what can be read again is.
    fn json(&mut self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(value) => self.value(&value),
            Err(_) => self.see("its bytes", line),
        }
    }

    fn value(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(inner @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => self.value(&inner),
                _ => self.see("a text", text.as_bytes()),
            },
            serde_json::Value::Array(values) => values.iter().for_each(|value| self.value(value)),
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    self.see("a field's name", field.as_bytes());
                    self.value(value);
                }
            }
            _ => {}
        }
    }
}

/// Every text and every sequence of bytes of a column, however deep.
fn texts(array: &dyn Array, each: &mut dyn FnMut(&[u8])) {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().flatten().for_each(|text| each(text.as_bytes())),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().flatten().for_each(|text| each(text.as_bytes())),
        DataType::Utf8View => array.as_string_view().iter().flatten().for_each(|text| each(text.as_bytes())),
        DataType::Binary => array.as_binary::<i32>().iter().flatten().for_each(each),
        DataType::LargeBinary => array.as_binary::<i64>().iter().flatten().for_each(each),
        DataType::BinaryView => array.as_binary_view().iter().flatten().for_each(each),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().iter().flatten().for_each(each),
        DataType::Dictionary(..) => texts(array.as_any_dictionary().values(), each),
        DataType::Struct(_) => array.as_struct().columns().iter().for_each(|column| texts(column, each)),
        DataType::List(_) => texts(array.as_list::<i32>().values(), each),
        DataType::LargeList(_) => texts(array.as_list::<i64>().values(), each),
        DataType::Map(..) => array.as_map().entries().columns().iter().for_each(|column| texts(column, each)),
        _ => {}
    }
}
