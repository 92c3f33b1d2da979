//! Columns into rows: a decoded batch, downcast once, its text borrowed.

use super::RecordRow;
use crate::time::Micros;
use crate::words::Word;
use arrow::array::{
    Array, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array,
};
use arrow::error::ArrowError;

#[inline]
fn opt<A: Array, T>(array: &A, i: usize, value: impl FnOnce(&A, usize) -> T) -> Option<T> {
    array.is_valid(i).then(|| value(array, i))
}
#[inline]
fn word<W: Word>(array: &UInt8Array, i: usize) -> Option<W> {
    opt(array, i, UInt8Array::value).and_then(W::from_code)
}
#[inline]
fn text(array: &StringArray, i: usize) -> Option<&str> {
    array.is_valid(i).then(|| array.value(i))
}
#[inline]
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
            /// Downcasts `batch`, whose columns stand in the order of `RECORD_COLUMNS`.
            ///
            /// # Errors
            /// A column is missing, stands elsewhere or has another type: a bug of the caller.
            pub fn try_new(batch: &'a RecordBatch) -> Result<Self, ArrowError> {
                let mut columns = batch.schema_ref().fields().iter().zip(batch.columns());
                $(let $field = columns
                    .next()
                    .filter(|(field, _)| field.name() == stringify!($field))
                    .and_then(|(_, column)| column.as_any().downcast_ref::<$array>())
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
    /// As [`RecordColumns::row`], without what no window value depends on: that is as in [`RecordRow::BARE`].
    #[inline]
    pub fn live_row(&self, i: usize) -> Option<RecordRow<'a>> {
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
            business_function: word(self.business_function, i),
            purpose: word(self.purpose, i),
            owner_id: text(self.owner_id, i),
            product: text(self.product, i),
            theme: text(self.theme, i),
            plan_id: text(self.plan_id, i),
            plan_step: text(self.plan_step, i),
            request_id: text(self.request_id, i),
            solicited: self.solicited.value(i),
            status_at: instant(self.status_at, i),
            answered_at: instant(self.answered_at, i),
            attendees: opt(self.attendees, i, Int32Array::value),
            ingested_at: self.ingested_at.value(i),
            kafka_topic: self.kafka_topic.value(i),
            kafka_offset: self.kafka_offset.value(i),
            ..RecordRow::BARE
        })
    }

    /// Row `i`, its text borrowed from the batch. `None` when a required word has an unknown code.
    pub fn row(&self, i: usize) -> Option<RecordRow<'a>> {
        Some(RecordRow {
            mode: word(self.mode, i),
            intake: word(self.intake, i),
            account_id: text(self.account_id, i),
            topic: text(self.topic, i),
            congress_id: text(self.congress_id, i),
            recorded_at: instant(self.recorded_at, i),
            duration_s: opt(self.duration_s, i, Int32Array::value),
            kafka_timestamp: self.kafka_timestamp.value(i),
            kafka_partition: self.kafka_partition.value(i),
            ..self.live_row(i)?
        })
    }
}
