//! What is pushed comes back, whatever was pushed before it.

use super::RecordBuilder;
use crate::record::{RECORD_COLUMNS, RecordColumns, RecordRow, record_schema};
use crate::words::{Channel, Kind, Precision, Status, Word};
use arrow::array::Array;

const BARE: RecordRow<'static> = RecordRow {
    kind: Kind::Requests,
    event_id: "e",
    hcp_id: "h",
    source: "s",
    version: i64::MIN,
    ingested_at: 1,
    kafka_timestamp: 2,
    kafka_topic: "t",
    kafka_partition: 3,
    kafka_offset: 4,
    ..RecordRow::BARE
};

const TEXTS: [&str; 4] = ["", "é", "a text that is longer than any word", "t"];

/// Row `n`: of each optional field another pattern of values and NULLs.
fn row(n: usize) -> RecordRow<'static> {
    let text = |every: usize| (n % every == 0).then_some(TEXTS[n % TEXTS.len()]);
    let number = |every: usize| (n % every == 1).then_some(n as i32);
    let instant = |every: usize| (n % every == 2).then_some(n as i64 * 1_000);
    let word = |words: &'static [Status]| words.get(n % (words.len() + 1)).copied();
    RecordRow {
        kind: Kind::ALL[n % 4],
        version: n as i64,
        status: word(Status::ALL),
        channel: Channel::ALL.get(n % 9).copied(),
        precision: Precision::ALL.get(n % 3).copied(),
        occurred_at: instant(3),
        recorded_at: instant(5),
        status_at: instant(7),
        answered_at: Some(n as i64),
        account_id: text(2),
        owner_id: text(3),
        theme: text(64),
        topic: text(1),
        request_id: text(65),
        solicited: n % 2 == 0,
        duration_s: number(2),
        attendees: number(130),
        kafka_offset: n as i64,
        ..BARE
    }
}

fn check(builder: &mut RecordBuilder, rows: &[RecordRow<'_>]) {
    rows.iter().for_each(|row| builder.push(row));
    assert_eq!((builder.len(), builder.is_empty()), (rows.len(), rows.is_empty()));
    let batch = builder.finish().unwrap();
    assert!(builder.is_empty());
    assert_eq!((batch.schema(), batch.num_rows()), (record_schema(), rows.len()));
    let columns = RecordColumns::try_new(&batch).unwrap();
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(columns.row(i), Some(*row), "row {i} of {}", rows.len());
    }
    for ((name, _, nullable), column) in RECORD_COLUMNS.iter().zip(batch.columns()) {
        assert!(*nullable || column.null_count() == 0, "{name}");
        column.to_data().validate_full().unwrap();
    }
}

#[test]
fn rows_come_back_as_they_were_in_batches_of_any_size() {
    let rows: Vec<_> = (0..1_000).map(row).collect();
    let mut builder = RecordBuilder::default();
    for size in [0, 1, 1_000, 2, 64, 0, 63, 65, 999, 128] {
        check(&mut builder, &rows[..size]);
    }
    check(&mut builder, &[BARE]);
    check(&mut builder, &vec![BARE; 200]);
}

#[test]
fn a_column_without_nulls_has_no_bitmap_and_one_without_values_only_that() {
    let mut builder = RecordBuilder::default();
    (0..100).for_each(|n| builder.push(&RecordRow { topic: Some("t"), ..row(n) }));
    let batch = builder.finish().unwrap();
    let columns = RecordColumns::try_new(&batch).unwrap();
    assert!(columns.topic.nulls().is_none() && columns.hcp_id.nulls().is_none());
    assert_eq!((columns.plan_id.null_count(), columns.plan_id.value_data().len()), (100, 0));
}

#[test]
fn a_batch_after_a_large_one_holds_no_room_for_a_large_one() {
    let mut builder = RecordBuilder::default();
    (0..10_000).for_each(|n| builder.push(&row(n)));
    let large = builder.finish().unwrap().get_array_memory_size();
    for size in [10, 20] {
        (0..size).for_each(|n| builder.push(&row(n)));
        let small = builder.finish().unwrap().get_array_memory_size();
        assert!(small < large / 50, "{size} rows take {small} B, 10000 took {large} B");
    }
}
