//! A decoded record: one row of borrowed fields, the Arrow columns of a batch, and the way between them.
//!
//! A batch holds records of any kind from one partition number. Words are `UInt8` codes ([`Word::code`]), text is UTF-8,
//! instants are microseconds UTC. Columns stand in the order of [`RECORD_COLUMNS`]; [`RecordColumns`] downcasts them once.
//! Deletes have NULL in every column that their record left out.

use crate::time::Micros;
use crate::words::{
    BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word,
};
use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Int32Array, Int32Builder, Int64Array, Int64Builder, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray, UInt8Array, UInt8Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
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

/// How a column is stored in a decoded batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `UInt8` code in a batch, lower-case text in the log.
    Word,
    /// UTF-8.
    Text,
    /// Instant.
    Instant,
    /// `Int32`.
    Int32,
    /// `Int64`.
    Int64,
    /// `Boolean`.
    Bool,
}

/// Name, storage and nullability of each column of a decoded batch, in order.
pub const RECORD_COLUMNS: &[(&str, ColumnKind, bool)] = &[
    ("kind", ColumnKind::Word, false),
    ("event_id", ColumnKind::Text, false),
    ("hcp_id", ColumnKind::Text, false),
    ("source", ColumnKind::Text, false),
    ("version", ColumnKind::Int64, false),
    ("op", ColumnKind::Word, false),
    ("status", ColumnKind::Word, true),
    ("occurred_at", ColumnKind::Instant, true),
    ("precision", ColumnKind::Word, true),
    ("channel", ColumnKind::Word, true),
    ("origin", ColumnKind::Word, true),
    ("mode", ColumnKind::Word, true),
    ("intake", ColumnKind::Word, true),
    ("business_function", ColumnKind::Word, true),
    ("purpose", ColumnKind::Word, true),
    ("account_id", ColumnKind::Text, true),
    ("owner_id", ColumnKind::Text, true),
    ("product", ColumnKind::Text, true),
    ("theme", ColumnKind::Text, true),
    ("topic", ColumnKind::Text, true),
    ("plan_id", ColumnKind::Text, true),
    ("plan_step", ColumnKind::Text, true),
    ("congress_id", ColumnKind::Text, true),
    ("request_id", ColumnKind::Text, true),
    ("solicited", ColumnKind::Bool, false),
    ("recorded_at", ColumnKind::Instant, true),
    ("status_at", ColumnKind::Instant, true),
    ("answered_at", ColumnKind::Instant, true),
    ("duration_s", ColumnKind::Int32, true),
    ("attendees", ColumnKind::Int32, true),
    ("ingested_at", ColumnKind::Instant, false),
    ("kafka_timestamp", ColumnKind::Instant, false),
    ("kafka_topic", ColumnKind::Text, false),
    ("kafka_partition", ColumnKind::Int32, false),
    ("kafka_offset", ColumnKind::Int64, false),
];

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

/// Instants with validity, kept apart from arrow's builder because its time zone is set once at the end.
#[derive(Debug, Default)]
struct InstantBuilder(Int64Builder);

impl InstantBuilder {
    fn push(&mut self, at: Option<Micros>) {
        self.0.append_option(at);
    }
    fn finish(&mut self) -> ArrayRef {
        let array = self.0.finish().reinterpret_cast::<arrow::datatypes::TimestampMicrosecondType>();
        Arc::new(array.with_timezone("UTC"))
    }
}

macro_rules! builder {
    ($($field:ident: $builder:ident),+ $(,)?) => {
        /// Collects rows into the columns of a decoded batch.
        #[derive(Debug, Default)]
        pub struct RecordBuilder { rows: usize, text_bytes: usize, $($field: $builder),+ }
        impl RecordBuilder {
            /// The batch of all rows pushed so far; the builder is empty afterwards.
            ///
            /// # Errors
            /// Never in practice: the columns are built to the schema. Arrow's check is passed on.
            pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
                self.rows = 0;
                self.text_bytes = 0;
                let columns: Vec<ArrayRef> = vec![$(finish(&mut self.$field)),+];
                RecordBatch::try_new(record_schema(), columns)
            }
        }
    };
}

trait Finish {
    fn finish_column(&mut self) -> ArrayRef;
}
macro_rules! finish_with_arrow {
    ($($builder:ident),+) => { $(impl Finish for $builder {
        fn finish_column(&mut self) -> ArrayRef { Arc::new(self.finish()) }
    })+ };
}
finish_with_arrow!(UInt8Builder, StringBuilder, Int32Builder, Int64Builder, BooleanBuilder);
impl Finish for InstantBuilder {
    fn finish_column(&mut self) -> ArrayRef {
        self.finish()
    }
}
fn finish(builder: &mut impl Finish) -> ArrayRef {
    builder.finish_column()
}

builder! {
    kind: UInt8Builder, event_id: StringBuilder, hcp_id: StringBuilder, source: StringBuilder, version: Int64Builder,
    op: UInt8Builder, status: UInt8Builder, occurred_at: InstantBuilder, precision: UInt8Builder,
    channel: UInt8Builder, origin: UInt8Builder, mode: UInt8Builder, intake: UInt8Builder,
    business_function: UInt8Builder, purpose: UInt8Builder, account_id: StringBuilder, owner_id: StringBuilder,
    product: StringBuilder, theme: StringBuilder, topic: StringBuilder, plan_id: StringBuilder,
    plan_step: StringBuilder, congress_id: StringBuilder, request_id: StringBuilder, solicited: BooleanBuilder,
    recorded_at: InstantBuilder, status_at: InstantBuilder, answered_at: InstantBuilder, duration_s: Int32Builder,
    attendees: Int32Builder, ingested_at: InstantBuilder, kafka_timestamp: InstantBuilder,
    kafka_topic: StringBuilder, kafka_partition: Int32Builder, kafka_offset: Int64Builder,
}

fn push_word<W: Word>(builder: &mut UInt8Builder, word: Option<W>) {
    builder.append_option(word.map(W::code));
}

impl RecordBuilder {
    /// Rows pushed since the last [`RecordBuilder::finish`].
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Roughly the bytes of text that wait, for a size-bound batch.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Adds one row.
    pub fn push(&mut self, row: &RecordRow<'_>) {
        self.rows += 1;
        self.text_bytes += row.event_id.len() + row.hcp_id.len() + 160;
        self.push_identity(row);
        self.push_state(row);
        self.push_references(row);
        self.push_times(row);
    }

    fn push_identity(&mut self, row: &RecordRow<'_>) {
        self.kind.append_value(row.kind.code());
        self.event_id.append_value(row.event_id);
        self.hcp_id.append_value(row.hcp_id);
        self.source.append_value(row.source);
        self.version.append_value(row.version);
        self.op.append_value(row.op.code());
    }

    fn push_state(&mut self, row: &RecordRow<'_>) {
        push_word(&mut self.status, row.status);
        self.occurred_at.push(row.occurred_at);
        push_word(&mut self.precision, row.precision);
        push_word(&mut self.channel, row.channel);
        push_word(&mut self.origin, row.origin);
        push_word(&mut self.mode, row.mode);
        push_word(&mut self.intake, row.intake);
        push_word(&mut self.business_function, row.business_function);
        push_word(&mut self.purpose, row.purpose);
        self.solicited.append_value(row.solicited);
    }

    fn push_references(&mut self, row: &RecordRow<'_>) {
        self.account_id.append_option(row.account_id);
        self.owner_id.append_option(row.owner_id);
        self.product.append_option(row.product);
        self.theme.append_option(row.theme);
        self.topic.append_option(row.topic);
        self.plan_id.append_option(row.plan_id);
        self.plan_step.append_option(row.plan_step);
        self.congress_id.append_option(row.congress_id);
        self.request_id.append_option(row.request_id);
    }

    fn push_times(&mut self, row: &RecordRow<'_>) {
        self.recorded_at.push(row.recorded_at);
        self.status_at.push(row.status_at);
        self.answered_at.push(row.answered_at);
        self.duration_s.append_option(row.duration_s);
        self.attendees.append_option(row.attendees);
        self.ingested_at.push(Some(row.ingested_at));
        self.kafka_timestamp.push(Some(row.kafka_timestamp));
        self.kafka_topic.append_value(row.kafka_topic);
        self.kafka_partition.append_value(row.kafka_partition);
        self.kafka_offset.append_value(row.kafka_offset);
    }
}

fn opt<A: Array, T>(array: &A, i: usize, value: impl FnOnce(&A, usize) -> T) -> Option<T> {
    array.is_valid(i).then(|| value(array, i))
}
fn word<W: Word>(array: &UInt8Array, i: usize) -> Option<W> {
    opt(array, i, UInt8Array::value).and_then(W::from_code)
}
fn text(array: &StringArray, i: usize) -> Option<&str> {
    array.is_valid(i).then(|| array.value(i))
}
fn instant(array: &TimestampMicrosecondArray, i: usize) -> Option<Micros> {
    opt(array, i, TimestampMicrosecondArray::value)
}

macro_rules! columns {
    ($($field:ident: $array:ident),+ $(,)?) => {
        /// The columns of a decoded batch, downcast once.
        #[derive(Debug, Clone, Copy)]
        pub struct RecordColumns<'a> { $(
            #[doc = concat!("Column `", stringify!($field), "`.")]
            pub $field: &'a $array
        ),+ }
        impl<'a> RecordColumns<'a> {
            /// Downcasts `batch`.
            ///
            /// # Errors
            /// A column of [`RECORD_COLUMNS`] is missing or has another type: a bug of the caller.
            pub fn try_new(batch: &'a RecordBatch) -> Result<Self, ArrowError> {
                $(let $field = batch
                    .column_by_name(stringify!($field))
                    .and_then(|c| c.as_any().downcast_ref::<$array>())
                    .ok_or_else(|| ArrowError::SchemaError(
                        concat!("a decoded batch needs column ", stringify!($field), ": ", stringify!($array)).into()
                    ))?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
}

columns! {
    kind: UInt8Array, event_id: StringArray, hcp_id: StringArray, source: StringArray, version: Int64Array,
    op: UInt8Array, status: UInt8Array, occurred_at: TimestampMicrosecondArray, precision: UInt8Array,
    channel: UInt8Array, origin: UInt8Array, mode: UInt8Array, intake: UInt8Array, business_function: UInt8Array,
    purpose: UInt8Array, account_id: StringArray, owner_id: StringArray, product: StringArray, theme: StringArray,
    topic: StringArray, plan_id: StringArray, plan_step: StringArray, congress_id: StringArray,
    request_id: StringArray, solicited: BooleanArray, recorded_at: TimestampMicrosecondArray,
    status_at: TimestampMicrosecondArray, answered_at: TimestampMicrosecondArray, duration_s: Int32Array,
    attendees: Int32Array, ingested_at: TimestampMicrosecondArray, kafka_timestamp: TimestampMicrosecondArray,
    kafka_topic: StringArray, kafka_partition: Int32Array, kafka_offset: Int64Array,
}

impl<'a> RecordColumns<'a> {
    /// Row `i`, its text borrowed from the batch. `None` when a required word has an unknown code.
    pub fn row(&self, i: usize) -> Option<RecordRow<'a>> {
        Some(RecordRow {
            kind: word(self.kind, i)?,
            event_id: self.event_id.value(i),
            hcp_id: self.hcp_id.value(i),
            source: self.source.value(i),
            version: self.version.value(i),
            op: word(self.op, i)?,
            status: word(self.status, i),
            occurred_at: instant(self.occurred_at, i),
            precision: word(self.precision, i),
            channel: word(self.channel, i),
            origin: word(self.origin, i),
            mode: word(self.mode, i),
            intake: word(self.intake, i),
            business_function: word(self.business_function, i),
            purpose: word(self.purpose, i),
            account_id: text(self.account_id, i),
            owner_id: text(self.owner_id, i),
            product: text(self.product, i),
            theme: text(self.theme, i),
            topic: text(self.topic, i),
            plan_id: text(self.plan_id, i),
            plan_step: text(self.plan_step, i),
            congress_id: text(self.congress_id, i),
            request_id: text(self.request_id, i),
            solicited: self.solicited.value(i),
            recorded_at: instant(self.recorded_at, i),
            status_at: instant(self.status_at, i),
            answered_at: instant(self.answered_at, i),
            duration_s: opt(self.duration_s, i, Int32Array::value),
            attendees: opt(self.attendees, i, Int32Array::value),
            ingested_at: self.ingested_at.value(i),
            kafka_timestamp: self.kafka_timestamp.value(i),
            kafka_topic: self.kafka_topic.value(i),
            kafka_partition: self.kafka_partition.value(i),
            kafka_offset: self.kafka_offset.value(i),
        })
    }
}
