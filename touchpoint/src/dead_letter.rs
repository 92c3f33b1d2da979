//! Records that were not accepted: the closed reasons, and the columns of `dead_letters`.

use crate::words::words;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::{Arc, LazyLock};

words! {
    /// Why a record became a dead letter.
    RejectReason in "reason" {
        /// Not UTF-8, not JSON, not one object, nested too deep, or a CloudEvents envelope without data.
        Malformed = "malformed",
        /// A required field is absent or null.
        MissingField = "missing_field",
        /// A field has a value outside its type, range, length or vocabulary, or is given twice.
        BadValue = "bad_value",
        /// `occurred_at` lies beyond the record's timestamp plus the tolerance.
        FutureTimestamp = "future_timestamp",
        /// The Kafka key is not the `hcp_id`.
        KeyMismatch = "key_mismatch",
        /// The message is larger than the limit.
        Oversized = "oversized",
        /// A Kafka message without a value; deletes are records with `op = delete`.
        Tombstone = "tombstone",
        /// A CloudEvent whose specversion or content type is not understood.
        UnsupportedEnvelope = "unsupported_envelope",
    }
}

words! {
    /// Why a record that was read was neither accepted nor rejected.
    SkipReason in "reason" {
        /// The table's transaction already holds its offset.
        AlreadyCommitted = "already_committed",
        /// The same file content was imported before.
        RepeatedImport = "repeated_import",
        /// Its HCP was erased.
        Erased = "erased",
    }
}

/// The columns of a dead letter. `payload` is NULL for medical requests; `payload_sha256` is always set unless there was
/// no payload. All of key, payload and hash are NULL where they named an HCP who was erased. `field` names the offending field when one is to blame; `detail` never quotes the record's content.
pub fn dead_letter_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let ts = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        Arc::new(Schema::new(vec![
            Field::new("reason", DataType::Utf8, false),
            Field::new("field", DataType::Utf8, true),
            Field::new("detail", DataType::Utf8, true),
            Field::new("kind", DataType::Utf8, false),
            Field::new("key", DataType::Binary, true),
            Field::new("payload", DataType::Binary, true),
            Field::new("payload_sha256", DataType::Utf8, true),
            Field::new("payload_bytes", DataType::Int64, false),
            Field::new("kafka_topic", DataType::Utf8, false),
            Field::new("kafka_partition", DataType::Int32, false),
            Field::new("kafka_offset", DataType::Int64, false),
            Field::new("kafka_timestamp", ts.clone(), true),
            Field::new("rejected_at", ts, false),
        ]))
    });
    SCHEMA.clone()
}
