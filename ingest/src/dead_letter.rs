//! Rows of `dead_letters`: one per message that was not accepted.
//!
//! `payload` is NULL for medical requests, whose content is never kept, and for oversized messages, which are not worth
//! the space they were refused for; `payload_sha256` stands in for it and is NULL only for tombstones and where somebody
//! is named who was erased (`key` then too). `field` is the
//! name of a known field and `detail` a fixed sentence: neither ever quotes the record. `key` is NULL without one.

use crate::batch::Oversized;
use crate::decode::Rejection;
use crate::digest::sha256_hex;
use crate::message::Message;
use arrow::array::TimestampMicrosecondBuilder;
use arrow::array::{ArrayRef, BinaryBuilder, Int32Builder, Int64Builder, RecordBatch, StringBuilder};
use arrow::error::ArrowError;
use std::sync::Arc;
use touchpoint::dead_letter::dead_letter_schema;
use touchpoint::{Kind, Micros, RejectReason, Word};

/// Payload bytes one batch may hold: Arrow's 32-bit offsets end at 2 GiB. Payloads past it are kept as their hash.
const PAYLOAD_ROOM: usize = 1 << 30;

/// What is kept of a rejected payload.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    payload: Option<&'a [u8]>,
    sha256: Option<String>,
    bytes: i64,
}

impl<'a> Evidence<'a> {
    /// What is kept of `message`, given why it was rejected.
    pub(crate) fn of(message: &Message<'a>, rejection: &Rejection) -> Self {
        let kept = message.kind != Kind::Requests && rejection.reason != RejectReason::Oversized;
        Self {
            payload: message.payload.filter(|_| kept),
            sha256: message.payload.map(sha256_hex),
            bytes: message.payload.map_or(0, |payload| payload.len() as i64),
        }
    }

    /// Nothing but the length: the payload names somebody who was erased.
    pub(crate) fn none(message: &Message<'_>) -> Self {
        Self { payload: None, sha256: None, bytes: message.payload.map_or(0, |payload| payload.len() as i64) }
    }

    /// A payload that was hashed as it passed by.
    pub(crate) fn hash_only(oversized: Oversized) -> Self {
        let bytes = i64::try_from(oversized.bytes).unwrap_or(i64::MAX);
        Self { payload: None, sha256: Some(oversized.sha256), bytes }
    }
}

/// Collects dead letters into the columns of their table.
#[derive(Debug, Default)]
pub(crate) struct DeadLetterBuilder {
    payload_room_used: usize,
    reason: StringBuilder,
    field: StringBuilder,
    detail: StringBuilder,
    kind: StringBuilder,
    key: BinaryBuilder,
    payload: BinaryBuilder,
    payload_sha256: StringBuilder,
    payload_bytes: Int64Builder,
    kafka_topic: StringBuilder,
    kafka_partition: Int32Builder,
    kafka_offset: Int64Builder,
    kafka_timestamp: TimestampMicrosecondBuilder,
    rejected_at: TimestampMicrosecondBuilder,
}

impl DeadLetterBuilder {
    /// Adds the row of `message`.
    pub(crate) fn push(
        &mut self,
        message: &Message<'_>,
        rejection: &Rejection,
        evidence: Evidence<'_>,
        rejected_at: Micros,
    ) {
        let room = PAYLOAD_ROOM.saturating_sub(self.payload_room_used);
        let payload = evidence.payload.filter(|payload| payload.len() <= room);
        self.payload_room_used += payload.map_or(0, <[u8]>::len);
        self.reason.append_value(rejection.reason.as_str());
        self.field.append_option(rejection.field);
        self.detail.append_value(rejection.detail);
        self.kind.append_value(message.kind.as_str());
        self.key.append_option(message.key);
        self.payload.append_option(payload);
        self.payload_sha256.append_option(evidence.sha256);
        self.payload_bytes.append_value(evidence.bytes);
        self.kafka_topic.append_value(message.topic);
        self.kafka_partition.append_value(message.partition);
        self.kafka_offset.append_value(message.offset);
        self.kafka_timestamp.append_option(message.timestamp);
        self.rejected_at.append_value(rejected_at);
    }

    /// All rows pushed so far; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.payload_room_used = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.reason.finish()),
            Arc::new(self.field.finish()),
            Arc::new(self.detail.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.payload.finish()),
            Arc::new(self.payload_sha256.finish()),
            Arc::new(self.payload_bytes.finish()),
            Arc::new(self.kafka_topic.finish()),
            Arc::new(self.kafka_partition.finish()),
            Arc::new(self.kafka_offset.finish()),
            Arc::new(self.kafka_timestamp.finish().with_timezone("UTC")),
            Arc::new(self.rejected_at.finish().with_timezone("UTC")),
        ];
        RecordBatch::try_new(dead_letter_schema(), columns)
    }
}
