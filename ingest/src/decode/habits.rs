//! The order in which a feed writes its fields: after each field the one that followed it last time.
//!
//! Producers hardly ever change that order. Whoever expects a field knows the length of its name before the text has said
//! anything, and the processor is at the next value while it still compares this name. What is read does not depend on
//! it: an expectation that fails is replaced by what the text says.

use super::field::Field;
use touchpoint::{Kind, Word};

/// Fields that one may follow, the last of them being none: the beginning of the object.
const PLACES: usize = Field::ALL.len() + 1;

/// The habits of one kind.
#[derive(Debug)]
pub(super) struct Habit([Field; PLACES]);

/// The habits of every kind.
#[derive(Debug)]
pub(super) struct Habits([Habit; Kind::ALL.len()]);

impl Default for Habits {
    /// As if every record began with its id and went on with nothing else.
    fn default() -> Self {
        Self(std::array::from_fn(|_| Habit([Field::EventId; PLACES])))
    }
}

impl Habits {
    /// Those of `kind`.
    pub(super) fn of(&mut self, kind: Kind) -> &mut Habit {
        let Self([calls, emails, congress, requests]) = self;
        match kind {
            Kind::Calls => calls,
            Kind::Emails => emails,
            Kind::Congress => congress,
            Kind::Requests => requests,
        }
    }
}

fn place(field: Option<Field>) -> usize {
    field.map_or(PLACES - 1, |field| field as usize)
}

impl Habit {
    /// What is expected after `field`, and at the beginning after `None`.
    #[inline]
    pub(super) fn after(&self, field: Option<Field>) -> Field {
        self.0.get(place(field)).copied().unwrap_or(Field::EventId)
    }

    /// `next` came after `field`.
    pub(super) fn learn(&mut self, field: Option<Field>, next: Field) {
        if let Some(place) = self.0.get_mut(place(field)) {
            *place = next;
        }
    }
}
