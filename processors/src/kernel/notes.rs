//! What few records have beside their words: the request that a touch answers, and when an HCP unsubscribed.
//!
//! Both stand in the arena of ids under one reference, the instant in front, so that an entry stays one cache line.
//! Whether there is an instant is a flag of the entry.

use touchpoint::record::RecordRow;
use touchpoint::time::Micros;
use touchpoint::{Kind, Status};

const INSTANT: usize = size_of::<Micros>();

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notes<'t> {
    /// When the HCP unsubscribed: the `status_at` of an e-mail of status unsubscribed, of no other record.
    pub status_at: Option<Micros>,
    /// The request; empty for none.
    pub request_id: &'t [u8],
}

impl<'t> Notes<'t> {
    /// Those of a record.
    pub fn of(row: &RecordRow<'t>) -> Self {
        let unsubscribes = row.kind == Kind::Emails && row.status == Some(Status::Unsubscribed);
        Self {
            status_at: row.status_at.filter(|_| unsubscribes),
            request_id: row.request_id.map_or(&[], str::as_bytes),
        }
    }

    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What stands in front of the request where they are stored.
    pub fn head(&self) -> Option<[u8; INSTANT]> {
        self.status_at.map(Micros::to_le_bytes)
    }

    /// From what was stored.
    pub fn read(stored: &'t [u8], has_instant: bool) -> Self {
        match stored.split_first_chunk::<INSTANT>() {
            Some((instant, request_id)) if has_instant => {
                Self { status_at: Some(Micros::from_le_bytes(*instant)), request_id }
            }
            _ => Self { status_at: None, request_id: stored },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notes;

    #[test]
    fn what_is_stored_comes_back() {
        for status_at in [None, Some(0), Some(-1), Some(i64::MAX)] {
            for request_id in [&b""[..], b"r", b"eight by", b"longer than eight bytes"] {
                let notes = Notes { status_at, request_id };
                let stored = [notes.head().as_ref().map_or(&[][..], |head| head.as_slice()), request_id].concat();
                assert_eq!(Notes::read(&stored, status_at.is_some()), notes);
                assert_eq!(notes.is_empty(), status_at.is_none() && request_id.is_empty());
            }
        }
    }
}
