//! How rows are laid down in Parquet: one place, so that commits, imports and compaction write alike.
//!
//! What a log row costs is the encoder's time for 36 columns, so each column has the cheapest encoding that is small:
//!
//! | columns | encoding | why |
//! |---|---|---|
//! | instants, offsets | delta packing, no dictionary | they rise slowly: nearly free in bytes and time |
//! | ids that hardly repeat | lengths and bytes apart, no dictionary | a dictionary would hash every value to find it new |
//! | all others | dictionary | words and names repeat; a column of one value costs nothing |
//!
//! Statistics are made of the columns that have them in the Delta log and of no others: the minimum of an id that comes
//! in no order skips nothing, yet every value would be compared for it, and a personal value should not stand in a footer.
//!
//! zstd level 1: files are written once but read and shipped often, so bytes count for more than the encoder's time.

use crate::table::Table;
use deltalake::parquet::basic::{Compression, Encoding, ZstdLevel};
use deltalake::parquet::file::properties::{EnabledStatistics, WriterProperties};
use deltalake::parquet::schema::types::ColumnPath;

/// Rows per row group: bounds what a writer holds of an open file.
pub(crate) const ROW_GROUP_ROWS: usize = 128 * 1024;

const RISING: &[&str] = &[
    "kafka_offset",
    "ingested_at",
    "occurred_at",
    "recorded_at",
    "status_at",
    "answered_at",
    "computed_at",
    "rejected_at",
    "kafka_timestamp",
    "at",
];
const UNIQUE: &[&str] = &["event_id", "hcp_id", "request_id", "payload", "payload_sha256", "key"];

pub(crate) fn writer_properties(table: Table) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_created_by("touchload".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for (columns, encoding) in [(RISING, Encoding::DELTA_BINARY_PACKED), (UNIQUE, Encoding::DELTA_LENGTH_BYTE_ARRAY)] {
        for column in columns {
            let path = ColumnPath::from(*column);
            builder = builder.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
        }
    }
    for column in table.statistics_columns() {
        builder = builder.set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::Chunk);
    }
    builder.build()
}
