//! A decoded record: one row of borrowed fields or of cells, the Arrow columns of a batch, and the way between them.
//!
//! A batch holds records of any kind from one partition number. Words are `UInt8` codes ([`Word::code`]), text is UTF-8,
//! instants are microseconds UTC. Columns stand in the order of [`RECORD_COLUMNS`]; [`RecordColumns`] downcasts them once.
//! Deletes have NULL in every column that their record left out.

mod builder;
mod cells;
mod column;
mod columns;
pub(crate) mod texts;

pub use builder::RecordBuilder;
pub use cells::Cells;
pub use column::{Column, ColumnKind, RECORD_COLUMNS};
pub use columns::RecordColumns;
pub use texts::Piece;

use crate::time::Micros;
use crate::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::{Arc, LazyLock};

/// UTC microseconds, as every instant column has it.
pub fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// One accepted record, its text borrowed from the message or the batch.
///
/// Everything that metrics.md §1 defaults is already filled in (`source`, `version`, `op`, `business_function`,
/// `purpose`, `solicited`), except on deletes, where absent stays `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordRow<'a> {
    /// Feed, part of the identity.
    pub kind: Kind,
    /// Id of the interaction in its source, part of the identity; 1..=128 bytes.
    pub event_id: &'a str,
    /// The HCP, part of the identity; 1..=128 bytes.
    pub hcp_id: &'a str,
    /// Source system, part of the identity; the kind's default topic name when the record names none.
    pub source: &'a str,
    /// Version of the interaction; 0 when the record names none.
    pub version: i64,
    /// State it or remove it.
    pub op: Op,
    /// State of the interaction; `None` only on deletes.
    pub status: Option<Status>,
    /// Event time; `None` only on deletes.
    pub occurred_at: Option<Micros>,
    /// How exactly `occurred_at` is known; `None` without it.
    pub precision: Option<Precision>,
    /// Channel; `None` only on deletes. E-mails, congress and requests have their kind's one channel.
    pub channel: Option<Channel>,
    /// E-mails: who sent it.
    pub origin: Option<Origin>,
    /// Congress: on site or online.
    pub mode: Option<Mode>,
    /// Requests: how it came in.
    pub intake: Option<Intake>,
    /// Acting function; `None` only on deletes that do not say.
    pub business_function: Option<BusinessFunction>,
    /// Purpose; `None` only on deletes that do not say.
    pub purpose: Option<Purpose>,
    /// Account.
    pub account_id: Option<&'a str>,
    /// Acting person.
    pub owner_id: Option<&'a str>,
    /// Product.
    pub product: Option<&'a str>,
    /// Campaign or plan level.
    pub theme: Option<&'a str>,
    /// Message of one step; always `None` for medical requests.
    pub topic: Option<&'a str>,
    /// Engagement plan.
    pub plan_id: Option<&'a str>,
    /// Step of the plan.
    pub plan_step: Option<&'a str>,
    /// Congress.
    pub congress_id: Option<&'a str>,
    /// The request this answers.
    pub request_id: Option<&'a str>,
    /// Declared as asked for.
    pub solicited: bool,
    /// When the source system learnt of it.
    pub recorded_at: Option<Micros>,
    /// When the status was reached.
    pub status_at: Option<Micros>,
    /// Requests: when it was answered.
    pub answered_at: Option<Micros>,
    /// Calls: seconds, 0..=86400.
    pub duration_s: Option<i32>,
    /// Calls: 1..=1000.
    pub attendees: Option<i32>,
    /// When this process accepted the record (import: when the import began).
    pub ingested_at: Micros,
    /// The record timestamp of Kafka; import: when the import began.
    pub kafka_timestamp: Micros,
    /// Topic, or `import:<sha256>`.
    pub kafka_topic: &'a str,
    /// Partition, or 0.
    pub kafka_partition: i32,
    /// Offset, or line from 0.
    pub kafka_offset: i64,
}

impl RecordRow<'_> {
    /// The least that a record can say: a delete that leaves everything out, with an empty identity and at position 0
    /// of the topic "". Whoever starts from it sets what the record has.
    pub const BARE: RecordRow<'static> = RecordRow {
        kind: Kind::Calls,
        event_id: "",
        hcp_id: "",
        source: "",
        version: 0,
        op: Op::Delete,
        status: None,
        occurred_at: None,
        precision: None,
        channel: None,
        origin: None,
        mode: None,
        intake: None,
        business_function: None,
        purpose: None,
        account_id: None,
        owner_id: None,
        product: None,
        theme: None,
        topic: None,
        plan_id: None,
        plan_step: None,
        congress_id: None,
        request_id: None,
        solicited: false,
        recorded_at: None,
        status_at: None,
        answered_at: None,
        duration_s: None,
        attendees: None,
        ingested_at: 0,
        kafka_timestamp: 0,
        kafka_topic: "",
        kafka_partition: 0,
        kafka_offset: 0,
    };

    /// The plainest touch: a completed visit by sales at `at`, read in that moment, of nobody and without an id. Whoever
    /// starts from it sets what the record is about.
    pub fn visit(at: Micros) -> RecordRow<'static> {
        RecordRow {
            source: "crm",
            op: Op::Upsert,
            status: Some(Status::Completed),
            occurred_at: Some(at),
            precision: Some(Precision::Instant),
            channel: Some(Channel::FaceToFace),
            business_function: Some(BusinessFunction::Sales),
            purpose: Some(Purpose::Promotional),
            ingested_at: at,
            kafka_timestamp: at,
            kafka_topic: "t",
            ..RecordRow::BARE
        }
    }
}

/// The Arrow schema of a decoded batch.
pub fn record_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = |(name, kind, nullable): &(&str, ColumnKind, bool)| {
            let data_type = match kind {
                ColumnKind::Word => DataType::UInt8,
                ColumnKind::Text => DataType::Utf8,
                ColumnKind::Instant => instant_type(),
                ColumnKind::Int32 => DataType::Int32,
                ColumnKind::Int64 => DataType::Int64,
                ColumnKind::Bool => DataType::Boolean,
            };
            Field::new(*name, data_type, *nullable)
        };
        Arc::new(Schema::new(RECORD_COLUMNS.iter().map(field).collect::<Vec<_>>()))
    });
    SCHEMA.clone()
}
