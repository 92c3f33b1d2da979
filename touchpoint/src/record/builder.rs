//! Rows into columns: the builder of a decoded batch. Its columns are those of [`RECORD_COLUMNS`].
//!
//! A column is a plain vector, with any value where the row has none. Which values there are stands in one word of bits
//! per row, a bit for each column; `finish` turns these about, 64 rows at a time, and hands the vectors to Arrow as they
//! are. Room is made once per batch, for as many rows as the batch before had; nothing is kept between two batches.

mod bits;
mod column;

use super::texts::Texts;
use super::{RECORD_COLUMNS, RecordRow, record_schema};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use column::{Cell, Column, Flags, Instants};

macro_rules! builder {
    ($($field:ident: $column:ty),+ $(,)?) => {
        /// Collects rows into the columns of a decoded batch.
        #[derive(Debug, Default)]
        pub struct RecordBuilder {
            /// One word per row: bit `c` says whether it has a value in column `c`.
            bits: Vec<u64>,
            /// Rows to make room for.
            expected: usize,
            $($field: $column),+
        }

        impl RecordBuilder {
            /// Adds one row.
            pub fn push(&mut self, row: &RecordRow<'_>) {
                if self.bits.is_empty() {
                    self.make_room();
                }
                let (mut bits, mut bit) = (0, 1u64);
                $(if self.$field.add(Cell::value(row.$field)) {
                    bits |= bit;
                }
                bit <<= 1;)+
                debug_assert_eq!(bit, 1 << RECORD_COLUMNS.len(), "a bit for each column");
                self.bits.push(bits);
            }

            /// The batch of all rows pushed since the last call; the builder is empty afterwards.
            ///
            /// # Errors
            /// A column holds more than 2 GiB of text: batches are to be smaller. A retry does not help.
            pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
                let [$($field),+] = bits::columns(&self.bits);
                // One eighth more, or a batch that is hardly larger would be moved as a whole to grow.
                self.expected = self.bits.len() + self.bits.len() / 8;
                self.bits.clear();
                // All of them first: after an error too nothing is left.
                let columns = vec![$(Column::finish(&mut self.$field, $field)),+];
                RecordBatch::try_new(record_schema(), columns.into_iter().collect::<Result<_, _>>()?)
            }

            #[cold]
            fn make_room(&mut self) {
                $(self.$field.make_room(self.expected);)+
            }
        }
    };
}

builder! {
    kind: Vec<u8>, event_id: Texts, hcp_id: Texts, source: Texts, version: Vec<i64>, op: Vec<u8>, status: Vec<u8>,
    occurred_at: Instants, precision: Vec<u8>, channel: Vec<u8>, origin: Vec<u8>, mode: Vec<u8>, intake: Vec<u8>,
    business_function: Vec<u8>, purpose: Vec<u8>, account_id: Texts, owner_id: Texts, product: Texts, theme: Texts,
    topic: Texts, plan_id: Texts, plan_step: Texts, congress_id: Texts, request_id: Texts, solicited: Flags,
    recorded_at: Instants, status_at: Instants, answered_at: Instants, duration_s: Vec<i32>, attendees: Vec<i32>,
    ingested_at: Instants, kafka_timestamp: Instants, kafka_topic: Texts, kafka_partition: Vec<i32>,
    kafka_offset: Vec<i64>,
}

impl RecordBuilder {
    /// Rows pushed since the last [`RecordBuilder::finish`].
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }
}

#[cfg(test)]
mod tests;
