//! Rows into columns: the builder of a decoded batch. Its columns are those of [`RECORD_COLUMNS`](super::RECORD_COLUMNS).

use super::{RecordRow, record_schema};
use crate::time::Micros;
use crate::words::Word;
use arrow::array::{ArrayRef, BooleanBuilder, Int32Builder, Int64Builder, RecordBatch, StringBuilder, UInt8Builder};
use arrow::error::ArrowError;
use std::sync::Arc;

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
