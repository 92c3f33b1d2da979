//! What is to be stated of one interaction, so that each audience has what it would have without the feed.

use super::versions::{Place, Versions};
use touchpoint::record::RecordRow;
use touchpoint::{Audience, BusinessFunction, Op};

/// What becomes of an interaction of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing of it is left: it is deleted.
    Deleted,
    /// What it was before, or would be without the feed, is stated again.
    Restored,
    /// What is live does not come from the feed, or is the same without it.
    Unchanged,
}

/// One record to be appended.
#[derive(Debug)]
enum Statement<'a> {
    /// This version again.
    Again(Box<RecordRow<'a>>),
    /// Nothing, for every audience.
    Nothing,
    /// Nothing, for an audience that sees medical records.
    NothingMedical,
}

/// The records to be appended for one interaction, in the order of their versions.
#[derive(Debug)]
pub(super) struct Statements<'a> {
    pub(super) outcome: Outcome,
    list: [Option<Statement<'a>>; 2],
}

impl<'a> Statements<'a> {
    /// Finds out what to state; `row` gives the record at a place.
    pub(super) fn of(versions: &Versions, row: &impl Fn(Place) -> Option<RecordRow<'a>>) -> Self {
        // A delete and nothing at all come to the same.
        let live = |place: Option<Place>| place.and_then(row).filter(|row| row.op == Op::Upsert);
        let now = |audience| live(versions.now(audience));
        let wanted = |audience| live(versions.wanted(audience));
        let (full, commercial) = (wanted(Audience::Full), wanted(Audience::Commercial));
        let mut list = [None, None];
        let mut then = now(Audience::Full);
        if !is_same(now(Audience::Commercial), commercial) {
            list[0] = Some(commercial.map_or(Statement::Nothing, again));
            then = commercial;
        }
        if !is_same(then, full) {
            list[1] = Some(match (full, commercial) {
                (Some(row), _) => again(row),
                (None, None) => Statement::Nothing,
                (None, Some(_)) => Statement::NothingMedical,
            });
        }
        let outcome = match (list.iter().all(Option::is_none), full.is_some() || commercial.is_some()) {
            (true, _) => Outcome::Unchanged,
            (false, true) => Outcome::Restored,
            (false, false) => Outcome::Deleted,
        };
        Self { outcome, list }
    }

    /// The records, of the identity of `any`, above `greatest`; `None` when there is no such version.
    pub(super) fn rows(&self, any: &RecordRow<'a>, greatest: i64) -> Option<Vec<RecordRow<'a>>> {
        let (kind, event_id, hcp_id, source) = (any.kind, any.event_id, any.hcp_id, any.source);
        let delete = RecordRow { kind, event_id, hcp_id, source, ..RecordRow::BARE };
        let mut version = greatest;
        let mut rows = Vec::new();
        for statement in self.list.iter().flatten() {
            let is_first_delete = matches!(statement, Statement::Nothing) && rows.is_empty();
            if !is_first_delete {
                // A delete outranks every status of its version, so it alone needs none above.
                version = version.checked_add(1)?;
            }
            let row = match statement {
                Statement::Again(row) => **row,
                Statement::Nothing => delete,
                Statement::NothingMedical => RecordRow { business_function: Some(BusinessFunction::Medical), ..delete },
            };
            rows.push(RecordRow { version, ..row });
        }
        Some(rows)
    }
}

fn again(row: RecordRow<'_>) -> Statement<'_> {
    Statement::Again(Box::new(row))
}

/// Whether two live records say the same of the interaction.
fn is_same(a: Option<RecordRow<'_>>, b: Option<RecordRow<'_>>) -> bool {
    a.map(|row| content(&row)) == b.map(|row| content(&row))
}

/// A record without what tells it from a repetition.
fn content<'a>(row: &RecordRow<'a>) -> RecordRow<'a> {
    RecordRow {
        version: 0,
        ingested_at: 0,
        kafka_timestamp: 0,
        kafka_topic: "",
        kafka_partition: 0,
        kafka_offset: 0,
        ..*row
    }
}
