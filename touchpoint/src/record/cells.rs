//! One record as the columns store it: its numbers in place, its text elsewhere.
//!
//! A record that is decoded on its way into columns need not become a [`RecordRow`] in between: its cells are written as
//! they are found, in any order, and pushed as they are ([`RecordBuilder::push_cells`](super::RecordBuilder::push_cells)).

use super::RecordRow;
use super::column::{Column, INTS, LONGS, WORDS};
use crate::words::Word;

/// The cells of one record; of text only whether there is any.
#[derive(Debug, Clone, Copy)]
pub struct Cells {
    /// The columns with a value; a flag is set when its column is here.
    pub(super) filled: u64,
    /// Any value where the record has none.
    pub(super) words: [u8; WORDS],
    pub(super) longs: [i64; LONGS],
    pub(super) ints: [i32; INTS],
}

impl Cells {
    /// No column has a value.
    pub const EMPTY: Self = Self { filled: 0, words: [0; WORDS], longs: [0; LONGS], ints: [0; INTS] };

    /// Whether the column has a value; of a flag, its value.
    #[inline]
    pub fn has(&self, column: Column) -> bool {
        self.filled & column.bit() != 0
    }

    /// Notes that the column has a value: text, which is kept elsewhere, a flag that is set, or 0.
    #[inline]
    pub fn mark(&mut self, column: Column) {
        self.filled |= column.bit();
    }

    /// Sets a column of words to a code, unless that is `None`.
    #[inline]
    pub fn put_code(&mut self, column: Column, code: impl Into<Option<u8>>) {
        if let (Some(code), Some(place)) = (code.into(), self.words.get_mut(column.place())) {
            *place = code;
            self.mark(column);
        }
    }

    /// Sets a column of instants or of 64-bit numbers, unless the value is `None`.
    #[inline]
    pub fn put_long(&mut self, column: Column, value: impl Into<Option<i64>>) {
        if let (Some(value), Some(place)) = (value.into(), self.longs.get_mut(column.place())) {
            *place = value;
            self.mark(column);
        }
    }

    /// Sets a column of 32-bit numbers, unless the value is `None`.
    #[inline]
    pub fn put_int(&mut self, column: Column, value: impl Into<Option<i32>>) {
        if let (Some(value), Some(place)) = (value.into(), self.ints.get_mut(column.place())) {
            *place = value;
            self.mark(column);
        }
    }

    /// The word of a column of words.
    #[inline]
    pub fn word<W: Word>(&self, column: Column) -> Option<W> {
        self.words.get(column.place()).copied().filter(|_| self.has(column)).and_then(W::from_code)
    }

    /// The value of a column of instants or of 64-bit numbers.
    #[inline]
    pub fn long(&self, column: Column) -> Option<i64> {
        self.longs.get(column.place()).copied().filter(|_| self.has(column))
    }

    /// The value of a column of 32-bit numbers.
    #[inline]
    pub fn int(&self, column: Column) -> Option<i32> {
        self.ints.get(column.place()).copied().filter(|_| self.has(column))
    }

    /// The row with these cells and this text, which is asked for only where there is any. What a row must have and these
    /// cells lack is as in [`RecordRow::BARE`].
    pub fn row<'t>(&self, text: impl Fn(Column) -> &'t str) -> RecordRow<'t> {
        let some = |column| self.has(column).then(|| text(column));
        let bare = RecordRow::BARE;
        RecordRow {
            kind: self.word(Column::Kind).unwrap_or(bare.kind),
            event_id: some(Column::EventId).unwrap_or_default(),
            hcp_id: some(Column::HcpId).unwrap_or_default(),
            source: some(Column::Source).unwrap_or_default(),
            version: self.long(Column::Version).unwrap_or_default(),
            op: self.word(Column::Op).unwrap_or(bare.op),
            status: self.word(Column::Status),
            occurred_at: self.long(Column::OccurredAt),
            precision: self.word(Column::Precision),
            channel: self.word(Column::Channel),
            origin: self.word(Column::Origin),
            mode: self.word(Column::Mode),
            intake: self.word(Column::Intake),
            business_function: self.word(Column::BusinessFunction),
            purpose: self.word(Column::Purpose),
            account_id: some(Column::AccountId),
            owner_id: some(Column::OwnerId),
            product: some(Column::Product),
            theme: some(Column::Theme),
            topic: some(Column::Topic),
            plan_id: some(Column::PlanId),
            plan_step: some(Column::PlanStep),
            congress_id: some(Column::CongressId),
            request_id: some(Column::RequestId),
            solicited: self.has(Column::Solicited),
            recorded_at: self.long(Column::RecordedAt),
            status_at: self.long(Column::StatusAt),
            answered_at: self.long(Column::AnsweredAt),
            duration_s: self.int(Column::DurationS),
            attendees: self.int(Column::Attendees),
            ingested_at: self.long(Column::IngestedAt).unwrap_or_default(),
            kafka_timestamp: self.long(Column::KafkaTimestamp).unwrap_or_default(),
            kafka_topic: some(Column::KafkaTopic).unwrap_or_default(),
            kafka_partition: self.int(Column::KafkaPartition).unwrap_or_default(),
            kafka_offset: self.long(Column::KafkaOffset).unwrap_or_default(),
        }
    }

    /// The cells of a row.
    pub(super) fn of(row: &RecordRow<'_>) -> Self {
        let mut cells = Self::EMPTY;
        cells.put_words(row);
        cells.put_numbers(row);
        let required = [Column::EventId, Column::HcpId, Column::Source, Column::KafkaTopic];
        required.into_iter().for_each(|column| cells.mark(column));
        let optional = [
            (row.account_id, Column::AccountId),
            (row.owner_id, Column::OwnerId),
            (row.product, Column::Product),
            (row.theme, Column::Theme),
            (row.topic, Column::Topic),
            (row.plan_id, Column::PlanId),
            (row.plan_step, Column::PlanStep),
            (row.congress_id, Column::CongressId),
            (row.request_id, Column::RequestId),
        ];
        optional.into_iter().filter(|(text, _)| text.is_some()).for_each(|(_, column)| cells.mark(column));
        cells
    }

    fn put_words(&mut self, row: &RecordRow<'_>) {
        self.put_code(Column::Kind, row.kind.code());
        self.put_code(Column::Op, row.op.code());
        self.put_code(Column::Status, row.status.map(Word::code));
        self.put_code(Column::Precision, row.precision.map(Word::code));
        self.put_code(Column::Channel, row.channel.map(Word::code));
        self.put_code(Column::Origin, row.origin.map(Word::code));
        self.put_code(Column::Mode, row.mode.map(Word::code));
        self.put_code(Column::Intake, row.intake.map(Word::code));
        self.put_code(Column::BusinessFunction, row.business_function.map(Word::code));
        self.put_code(Column::Purpose, row.purpose.map(Word::code));
    }

    fn put_numbers(&mut self, row: &RecordRow<'_>) {
        self.put_long(Column::Version, row.version);
        self.put_long(Column::OccurredAt, row.occurred_at);
        self.put_long(Column::RecordedAt, row.recorded_at);
        self.put_long(Column::StatusAt, row.status_at);
        self.put_long(Column::AnsweredAt, row.answered_at);
        self.put_int(Column::DurationS, row.duration_s);
        self.put_int(Column::Attendees, row.attendees);
        self.put_long(Column::IngestedAt, row.ingested_at);
        self.put_long(Column::KafkaTimestamp, row.kafka_timestamp);
        self.put_int(Column::KafkaPartition, row.kafka_partition);
        self.put_long(Column::KafkaOffset, row.kafka_offset);
        if row.solicited {
            self.mark(Column::Solicited);
        }
    }
}
