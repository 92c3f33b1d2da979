//! A record that was accepted: its cells, and where its text stands.

use super::fields::Fields;
use super::scanner::Notes;
use crate::message::Message;
use touchpoint::Micros;
use touchpoint::record::{Column, Piece, RecordBuilder, RecordRow};

/// Borrows from the message and from the buffers it was decoded with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'r> {
    fields: &'r Fields,
    text: &'r [u8],
    notes: &'r Notes,
    /// Where it was read.
    topic: &'r str,
    /// What it comes from, when it does not say.
    source: &'static str,
}

impl<'r> Record<'r> {
    /// What was accepted of the message, whose fields are read from `text`.
    #[inline]
    pub(super) fn of(message: &Message<'r>, fields: &'r Fields, (text, notes): (&'r [u8], &'r Notes)) -> Self {
        Self { fields, text, notes, topic: message.topic, source: message.kind.default_topic() }
    }

    /// The HCP.
    #[inline]
    pub(crate) fn hcp_id(&self) -> &'r [u8] {
        self.fields.text(Column::HcpId.place()).content(self.text, self.notes)
    }

    /// Event time; `None` only on deletes.
    #[inline]
    pub(crate) fn occurred_at(&self) -> Option<Micros> {
        self.fields.cells.long(Column::OccurredAt)
    }

    /// The message's timestamp, or what stands in for it.
    #[inline]
    pub(crate) fn timestamp(&self) -> Micros {
        self.fields.cells.long(Column::KafkaTimestamp).unwrap_or_default()
    }

    /// The record as a row.
    pub(crate) fn row(&self) -> RecordRow<'r> {
        self.fields.cells.row(|column| match column {
            Column::KafkaTopic => self.topic,
            _ => match self.fields.text(column.place()) {
                none if none.len() == 0 => self.source,
                text => text.resolve(self.text, self.notes),
            },
        })
    }

    /// Adds the record to the columns of a batch.
    #[inline]
    pub(crate) fn push_to(&self, columns: &mut RecordBuilder) {
        const SOURCE: usize = Column::Source.place();
        const TOPIC: usize = Column::KafkaTopic.place();
        columns.push_cells(&self.fields.cells, |place| match (place, self.fields.text(place)) {
            (TOPIC, _) => Piece::of(self.topic),
            (SOURCE, none) if none.len() == 0 => Piece::of(self.source),
            (_, text) => text.piece(self.text, self.notes),
        });
    }
}
