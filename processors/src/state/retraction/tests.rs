//! A feed that was taken back has never been read: by hand for each case, and by chance for all of them together.

use super::{Elsewhere, Feed, Outcome, Restated, Retraction, RetractionError, Selection, Standing};
use crate::Shard;
use crate::chance::Chance;
use crate::kernel::Scratch;
use arrow::array::RecordBatch;
use std::sync::Arc;
use touchpoint::record::{RecordBuilder, RecordColumns, RecordRow};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{
    Audience, BusinessFunction, Channel, Kind, Micros, Op, Policy, Precision, Purpose, Reference, Status,
};

const PRESENT: Micros = 20_000 * DAY;
const GOOD: Micros = PRESENT - 3 * DAY;
const BAD: Micros = PRESENT - 2 * DAY;

/// A completed call of the source "crm", accepted at [`GOOD`].
fn call() -> RecordRow<'static> {
    RecordRow {
        event_id: "e",
        hcp_id: "h",
        source: "crm",
        op: Op::Upsert,
        status: Some(Status::Completed),
        occurred_at: Some(PRESENT - 5 * DAY),
        precision: Some(Precision::Instant),
        channel: Some(Channel::FaceToFace),
        business_function: Some(BusinessFunction::Sales),
        purpose: Some(Purpose::Promotional),
        ingested_at: GOOD,
        kafka_topic: "engagement.calls",
        ..RecordRow::BARE
    }
}

fn bad(row: RecordRow<'static>) -> RecordRow<'static> {
    RecordRow { ingested_at: BAD, ..row }
}

fn log(rows: &[RecordRow<'_>]) -> Vec<RecordBatch> {
    let mut builder = RecordBuilder::default();
    rows.iter().for_each(|row| builder.push(row));
    vec![builder.finish().unwrap()]
}

fn selection() -> Selection {
    Selection { source: "crm".into(), from: BAD, to: BAD + 1, topic: None }
}

/// Takes a feed back at `at` and appends what follows to the log.
fn retract(log: &mut Vec<RecordBatch>, selection: &Selection, at: Micros) -> Result<Restated, RetractionError> {
    let mut feed = Feed::new(selection.clone());
    log.iter().try_for_each(|batch| feed.see(batch))?;
    let mut retraction = Retraction::of(feed);
    log.iter().try_for_each(|batch| retraction.take(batch))?;
    let first_offset = rows(log).iter().filter(|row| row.kafka_topic == selection.topic()).count() as i64;
    let restated = retraction.restate(Standing { at, first_offset })?;
    log.extend(restated.batches.iter().cloned());
    Ok(restated)
}

fn rows(log: &[RecordBatch]) -> Vec<RecordRow<'_>> {
    let columns = log.iter().map(|batch| (RecordColumns::try_new(batch).unwrap(), batch.num_rows()));
    columns.flat_map(|(columns, rows)| (0..rows).map(move |i| columns.row(i).unwrap())).collect()
}

/// Every value of every HCP for both audiences, at some instants.
fn values(log: &[RecordBatch]) -> Vec<String> {
    let mut shard = Shard::new(Arc::new(Policy::default()), Arc::new(Reference::default()));
    for batch in log {
        shard.restore_decoded(batch, |_| true).unwrap();
    }
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    for number in 0..shard.hcp_count() as u32 {
        for audience in Audience::ALL {
            for at in [PRESENT, PRESENT - 4 * DAY, PRESENT + 30 * DAY] {
                if let Some(values) = shard.evaluate_at(number, audience, at, &mut scratch) {
                    found.push(format!("{} {audience:?} {at} {values:?}", shard.hcp(number).unwrap().id));
                }
            }
        }
    }
    found.sort();
    found
}

/// What is appended for these records, as (version, deletes, status, function).
fn stated(of: &[RecordRow<'static>]) -> Vec<(i64, bool, Option<Status>, Option<BusinessFunction>)> {
    let mut all = log(of);
    let without: Vec<_> = of.iter().filter(|row| !selection().holds(row)).copied().collect();
    let restated = retract(&mut all, &selection(), PRESENT).unwrap();
    assert_eq!(values(&all), values(&log(&without)));
    let again = retract(&mut all, &selection(), PRESENT + HOUR).unwrap();
    assert!(again.batches.is_empty(), "again: {:?}", rows(&again.batches));
    let told = |row: &RecordRow<'_>| (row.version, row.op == Op::Delete, row.status, row.business_function);
    rows(&restated.batches).iter().map(told).collect()
}

#[test]
fn what_only_the_feed_knew_is_deleted_at_its_version_and_what_was_before_is_stated_above() {
    let (sales, medical) = (Some(BusinessFunction::Sales), Some(BusinessFunction::Medical));
    let completed = Some(Status::Completed);
    assert_eq!(stated(&[bad(RecordRow { version: 7, ..call() })]), [(7, true, None, None)]);
    let planned = RecordRow { status: Some(Status::Planned), ..call() };
    assert_eq!(stated(&[planned, bad(call())]), [(1, false, planned.status, sales)]);
    let gone = RecordRow { op: Op::Delete, ..call() };
    assert_eq!(stated(&[call(), bad(gone)]), [(1, false, completed, sales)]);
    // A good delete stays one; a good later version stays as it is, and is stated once to remember the retraction by.
    assert_eq!(stated(&[gone, bad(RecordRow { version: 3, ..call() })]), [(3, true, None, None)]);
    let later = RecordRow { version: 9, ..call() };
    assert_eq!(stated(&[bad(call()), later]), [(10, false, completed, sales)]);
    // Another source, and another time, are not meant.
    assert_eq!(stated(&[RecordRow { source: "other", ingested_at: BAD, ..call() }]), []);
    // Each audience gets back its own version.
    let moved = RecordRow { version: 1, business_function: medical, ..call() };
    assert_eq!(stated(&[call(), bad(moved)]), [(2, false, completed, sales)]);
    assert_eq!(
        stated(&[planned, bad(call()), RecordRow { version: 5, ..moved }]),
        [(6, false, planned.status, sales), (7, false, completed, medical)]
    );
    assert_eq!(stated(&[bad(call()), moved]), [(1, true, None, None), (2, false, completed, medical)]);
    let medical_delete = RecordRow { version: 2, op: Op::Delete, ..moved };
    assert_eq!(
        stated(&[call(), medical_delete, bad(RecordRow { version: 4, ..planned })]),
        [(5, false, completed, sales), (6, true, None, medical)]
    );
}

#[test]
fn the_feed_is_counted_and_its_interactions_sorted_by_what_becomes_of_them() {
    let row = |event_id, hcp_id| RecordRow { event_id, hcp_id, ..call() };
    let from_file = RecordRow { kafka_topic: "import:ab", ..row("b", "h2") };
    let mut all = log(&[row("a", "h1"), bad(row("a", "h1")), bad(from_file), bad(from_file), row("c", "h3")]);
    let mut feed = Feed::new(selection());
    all.iter().for_each(|batch| feed.see(batch).unwrap());
    assert_eq!((feed.records(), feed.interactions(), feed.hcps()), (3, 2, 2));
    assert_eq!(
        feed.by_topic.iter().map(|(t, n)| (t.as_str(), *n)).collect::<Vec<_>>(),
        [("engagement.calls", 1), ("import:ab", 2)]
    );
    assert_eq!((feed.by_kind[&Kind::Calls], feed.by_day[&BAD]), (3, 3));
    let restated = retract(&mut all, &selection(), PRESENT).unwrap();
    assert_eq!(restated.outcomes.into_iter().collect::<Vec<_>>(), [(Outcome::Deleted, 1), (Outcome::Unchanged, 1)]);
    assert_eq!(restated.changed.into_iter().collect::<Vec<_>>(), [("h2".to_owned(), 1)]);
    let of_file = Selection { topic: Some("import:ab".into()), ..selection() };
    assert_eq!(Selection::of_topic(&of_file.topic()), Some(of_file));
    let odd = Selection { source: "a:b*".into(), ..selection() };
    assert_eq!(Selection::of_topic(&odd.topic()), Some(odd));
    assert_eq!(Selection::of_topic("import:ab"), None);
}

#[test]
fn what_the_source_sends_later_counts_above_the_restatement_or_when_run_again() {
    let mut all = log(&[bad(call())]);
    retract(&mut all, &selection(), PRESENT).unwrap();
    let resent = RecordRow { ingested_at: PRESENT + 1, kafka_offset: 9, ..call() };
    all.extend(log(&[resent]));
    assert_eq!(values(&all), Vec::<String>::new(), "buried by the delete of its version");
    retract(&mut all, &selection(), PRESENT + 2).unwrap();
    assert_eq!(values(&all), values(&log(&[resent])));
    let mut all = log(&[bad(call())]);
    retract(&mut all, &selection(), PRESENT).unwrap();
    let newer = RecordRow { version: 1, ..resent };
    all.extend(log(&[newer]));
    assert_eq!(values(&all), values(&log(&[newer])));
}

#[test]
fn a_version_that_nothing_can_be_above_is_refused() {
    let greatest = RecordRow { version: i64::MAX, status: Some(Status::Planned), ..call() };
    let error = retract(&mut log(&[call(), bad(greatest)]), &selection(), PRESENT).unwrap_err();
    assert!(matches!(error, RetractionError::NoVersionAbove { interactions: 1 }), "{error}");
    // A delete needs none above.
    assert_eq!(stated(&[bad(greatest)]), [(i64::MAX, true, None, None)]);
}

/// A record that meets others of its identity often.
fn any_row(chance: &mut Chance, offset: i64) -> RecordRow<'static> {
    let kind = chance.of(&[Kind::Calls, Kind::Calls, Kind::Requests]);
    let deletes = chance.below(6) == 0;
    let function = chance.of(&[BusinessFunction::Sales, BusinessFunction::Medical, BusinessFunction::Marketing]);
    let row = RecordRow {
        kind,
        event_id: chance.of(&["a", "b", "c"]),
        hcp_id: chance.of(&["h1", "h2"]),
        source: chance.of(&["crm", "crm", "crm", "other"]),
        version: chance.below(4) as i64 - 1,
        kafka_topic: chance.of(&["engagement.calls", "import:ab", "import:cd"]),
        kafka_offset: offset,
        ingested_at: GOOD + chance.below(4) as i64 * HOUR,
        business_function: (!deletes || chance.below(2) == 0).then_some(function),
        ..call()
    };
    if deletes {
        return RecordRow { op: Op::Delete, status: None, occurred_at: None, precision: None, channel: None, ..row };
    }
    let occurred_at = Some(PRESENT - (1 + chance.below(40) as i64) * 12 * HOUR);
    RecordRow { status: Some(chance.of(kind.statuses())), occurred_at, ..row }
}

#[test]
fn feeds_taken_back_one_after_the_other_have_never_been_read() {
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let count = 1 + chance.below(40) as i64;
        let sent: Vec<_> = (0..count).map(|offset| any_row(&mut chance, offset)).collect();
        let mut all = log(&sent);
        let mut taken: Vec<Selection> = Vec::new();
        for at in 0..4 {
            let from = GOOD + chance.below(4) as i64 * HOUR;
            let to = from + (1 + chance.below(2) as i64) * HOUR;
            let topic = (chance.below(3) == 0).then(|| "import:ab".to_owned());
            taken.push(Selection { source: "crm".into(), from, to, topic });
            retract(&mut all, &taken[taken.len() - 1], PRESENT + at).unwrap();
            let left: Vec<_> = sent.iter().filter(|row| !taken.iter().any(|s| s.holds(row))).copied().collect();
            assert_eq!(values(&all), values(&log(&left)), "seed {seed}: {taken:?} of {sent:#?}");
        }
        let again = retract(&mut all, &taken[0], PRESENT + 9).unwrap();
        assert!(again.batches.is_empty(), "seed {seed}");
    }
}

/// Takes a feed back by records of Kafka, which a note remembers.
fn retract_to_kafka(
    log: &mut Vec<RecordBatch>,
    selection: &Selection,
    notes: &mut Vec<Elsewhere>,
    ingested_at: Micros,
) {
    let mut feed = Feed::new(selection.clone()).knowing(notes).remembered();
    log.iter().try_for_each(|batch| feed.see(batch)).unwrap();
    let mut retraction = Retraction::of(feed);
    log.iter().try_for_each(|batch| retraction.take(batch)).unwrap();
    let restated = retraction.restate(Standing { at: 0, first_offset: 0 }).unwrap();
    let first = 1_000 * (1 + notes.len() as i64);
    let mut builder = RecordBuilder::default();
    for (row, kafka_offset) in rows(&restated.batches).into_iter().zip(first..) {
        let kafka_topic = "engagement.calls";
        builder.push(&RecordRow { kafka_topic, kafka_partition: 5, kafka_offset, ingested_at, ..row });
    }
    let count = builder.len() as i64;
    log.push(builder.finish().unwrap());
    let place = ("engagement.calls".to_owned(), 5);
    let positions = (count > 0).then(|| (place, vec![first..=first + count - 1])).into_iter().collect();
    notes.push(Elsewhere { selection: selection.clone(), positions });
}

#[test]
fn feeds_taken_back_by_records_of_kafka_have_never_been_read_either() {
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let count = 1 + chance.below(40) as i64;
        let sent: Vec<_> = (0..count).map(|offset| any_row(&mut chance, offset)).collect();
        let (mut all, mut taken, mut notes) = (log(&sent), Vec::new(), Vec::new());
        for at in 0..4 {
            let from = GOOD + chance.below(4) as i64 * HOUR;
            let selection = Selection { source: "crm".into(), from, to: from + 2 * HOUR, topic: None };
            // As if they had been accepted among the records that are taken back.
            let ingested_at = GOOD + chance.below(4) as i64 * HOUR;
            if chance.below(3) > 0 {
                retract_to_kafka(&mut all, &selection, &mut notes, ingested_at);
            } else {
                let mut feed = Feed::new(selection.clone()).knowing(&notes);
                all.iter().try_for_each(|batch| feed.see(batch)).unwrap();
                let mut retraction = Retraction::of(feed);
                all.iter().try_for_each(|batch| retraction.take(batch)).unwrap();
                let first_offset = rows(&all).iter().filter(|row| row.kafka_topic == selection.topic()).count() as i64;
                all.extend(retraction.restate(Standing { at: PRESENT + at, first_offset }).unwrap().batches);
            }
            taken.push(selection);
            let left: Vec<_> = sent.iter().filter(|row| !taken.iter().any(|s| s.holds(row))).copied().collect();
            assert_eq!(values(&all), values(&log(&left)), "seed {seed}: {taken:?} of {sent:#?}");
        }
        let rows_before = rows(&all).len();
        retract_to_kafka(&mut all, &taken[0], &mut notes, PRESENT);
        assert_eq!(rows(&all).len(), rows_before, "seed {seed}: once more adds nothing");
    }
}
