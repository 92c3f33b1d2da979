//! Tables from topics: the same rows as from files, the key of every message, and what is told of a message that is no row.

use super::{loaded, places};
use crate::reference_files::{
    Place, ReferenceError, ReferenceFiles, ReferenceTable, Taken, TopicMessage, TopicTable, TopicTables, load_all,
};
use touchpoint::Reference;

/// Key and value of a message, with its partition; offsets count through a topic.
type Sent<'a> = (i32, Option<&'a str>, Option<&'a str>);

fn topics(tables: &[(ReferenceTable, &[Sent<'_>])]) -> TopicTables {
    let held = |(table, sent): &(ReferenceTable, &[Sent<'_>])| {
        let mut held = TopicTable::new(format!("ref.{}", table.name()));
        for ((partition, key, value), offset) in sent.iter().zip(0..) {
            let (key, value) = (key.map(str::as_bytes), value.map(str::as_bytes));
            held.take(&TopicMessage { partition: *partition, offset, key, value });
        }
        (*table, held)
    };
    tables.iter().map(held).collect()
}

fn read(tables: &[(ReferenceTable, &[Sent<'_>])]) -> Result<Reference, ReferenceError> {
    load_all(&ReferenceFiles::default(), &topics(tables))
}

const HCPS: &[Sent<'static>] = &[
    (0, Some(r#"{"hcp_id":"h1"}"#), Some(r#"{"hcp_id":"h1","country":"DE","valid_to":"2026-01-01"}"#)),
    (
        1,
        Some(r#"{"valid_from":"2026-01-01T01:00:00+01:00","hcp_id":"h1"}"#),
        Some(r#"{"hcp_id":" h1 ","territory":"south","valid_from":"2026-01-01"}"#),
    ),
    (1, Some(r#"{"hcp_id":"h2","valid_from":null}"#), Some("{\n  \"hcp_id\": \"h2\"\n}")),
];

#[test]
fn the_same_rows_have_the_same_version_wherever_they_come_from() {
    let files: &[(&str, &[u8])] = &[
        (
            "hcps.csv",
            b"hcp_id,country,territory,valid_from,valid_to\nh2,,,,\nh1,,south,2026-01-01,\nh1,de,,,2026-01-01\n",
        ),
        ("preferences.csv", b"hcp_id,channel,share\n"),
    ];
    let of_files = loaded(files).unwrap();
    let mut turned: Vec<Sent<'_>> = HCPS.to_vec();
    turned.reverse();
    for sent in [HCPS, &turned] {
        let of_topics = read(&[(ReferenceTable::Hcps, sent), (ReferenceTable::Preferences, &[])]).unwrap();
        assert_eq!(of_topics.version(), of_files.version());
        assert_eq!(of_topics.rows_of("h1").len(), 2);
    }
    let fewer = read(&[(ReferenceTable::Hcps, HCPS)]).unwrap();
    assert_ne!(fewer.version(), of_files.version(), "a topic without rows is a table that was given");
}

#[test]
fn the_tables_of_a_world_are_the_same_from_files_and_from_topics() {
    let span = simulate::Span { from: 1_735_689_600_000_000, to: 1_735_689_600_000_000 + 60 * touchpoint::time::DAY };
    let config = simulate::WorldConfig::new(simulate::Scenario::Orchestration, 120, 7, span);
    let world = simulate::World::build(config).unwrap();
    let files = simulate::ReferenceFiles::new(&world);
    let folder = tempfile::tempdir().unwrap();
    files.write(folder.path()).unwrap();
    let of_files = load_all(&ReferenceFiles::in_folder(folder.path()), &TopicTables::new()).unwrap();
    let mut tables: TopicTables = ReferenceTable::ALL.map(|table| (table, TopicTable::new(table.name()))).into();
    let mut messages: Vec<_> = files.messages().collect();
    messages.reverse();
    for (message, offset) in messages.iter().zip(0..) {
        let held = tables.get_mut(&ReferenceTable::named(message.table).unwrap()).unwrap();
        let (key, value) = (Some(message.key.as_slice()), Some(message.value.as_slice()));
        held.take(&TopicMessage { partition: message.key.len() as i32 % 3, offset, key, value });
    }
    let of_topics = load_all(&ReferenceFiles::default(), &tables).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(of_topics.version(), of_files.version());
    assert_eq!(of_topics.hcp_count(), 120);
}

#[test]
fn the_last_message_of_a_key_holds_and_a_tombstone_withdraws() {
    let key = |n: u32| format!("{{\"owner_id\":\"rep-{n}\"}}");
    let (one, two) = (key(1), key(2));
    let row = |district: &str| format!("{{\"owner_id\":\"rep-1\",\"district\":\"{district}\"}}");
    let (first, second) = (row("d1"), row("d2"));
    let mut sent: Vec<Sent<'_>> =
        vec![(0, Some(&one), Some(&first)), (0, Some(&one), Some(&second)), (0, Some(&two), None)];
    let reference = read(&[(ReferenceTable::People, &sent)]).unwrap();
    assert_eq!(reference.person("rep-1", 0).unwrap().district.as_deref(), Some("d2"));
    sent.push((0, Some(&one), None));
    assert!(read(&[(ReferenceTable::People, &sent)]).unwrap().person("rep-1", 0).is_none());
    let mut held = TopicTable::new("t");
    let message = TopicMessage { partition: 0, offset: 0, key: Some(b"k"), value: None };
    assert_eq!(held.take(&message), Taken::Withdrawn);
    assert_eq!(held.take(&TopicMessage { value: Some(b""), ..message }), Taken::Stated);
}

#[test]
fn a_message_that_is_no_row_is_told_with_its_place_and_nothing_is_loaded() {
    let long = format!("{{\"hcp_id\":\"h8\",\"segment\":\"{}\"}}", "s".repeat(70_000));
    let sent: &[Sent<'_>] = &[
        (0, Some(r#"{"hcp_id":"h0"}"#), Some(r#"{"hcp_id":"h0"}"#)),
        (0, None, Some(r#"{"hcp_id":"h1"}"#)),
        (0, Some("h2"), Some(r#"{"hcp_id":"h2"}"#)),
        (0, Some(r#"{"hcp_id":"h3"}"#), Some(r#"{"hcp_id":"h3","valid_from":"2026-01-01"}"#)),
        (0, Some(r#"{"hcp_id":"h4","segment":"A"}"#), Some(r#"{"hcp_id":"h4","segment":"A"}"#)),
        (2, Some(r#"{"hcp_id":"h5"}"#), Some(r#"{"hcp_id":"h5""#)),
        (2, Some(r#"{"hcp_id":"h6"}"#), Some(r#"{"hcp_id":"h6","name":"secret","time_zone":"Mars/Base"}"#)),
        (2, Some(r#"{"hcp_id":"h7"}"#), Some(r#"{"hcp_id":"h7","hcp_id":"h7"}"#)),
        (2, Some(r#"{"hcp_id":"h8"}"#), Some(&long)),
        (2, Some(r#"{"hcp_id":"h9","hcp_id":"h9"}"#), Some(r#"{"hcp_id":"h9","valid_from":"soon"}"#)),
    ];
    let error = read(&[(ReferenceTable::Hcps, sent)]).unwrap_err();
    let mut found: Vec<_> = places(&error.problems).into_iter().map(|(_, place, column)| (place, column)).collect();
    found.sort_by_key(|(place, column)| match place {
        Some(Place::Message { offset, .. }) => (*offset, *column),
        _ => (-1, *column),
    });
    let at = |partition, offset, column| (Some(Place::Message { partition, offset }), column);
    let expected = [
        at(0, 1, None),
        at(0, 2, None),
        at(0, 3, Some("valid_from")),
        at(0, 4, None),
        at(2, 5, None),
        at(2, 6, None),
        at(2, 6, Some("time_zone")),
        at(2, 7, None),
        at(2, 8, None),
        at(2, 9, None),
        at(2, 9, Some("valid_from")),
    ];
    assert_eq!(found, expected);
    let shown = error.to_string();
    assert!(shown.contains("topic ref.hcps, partition 0, offset 2: expected a key that is a JSON object of hcp_id, "));
    assert!(!shown.contains("secret") && !shown.contains("Mars"), "content is not quoted: {shown}");
}

#[test]
fn a_key_in_two_partitions_has_no_last_message() {
    let row = Some(r#"{"owner_id":"rep-1"}"#);
    let two: &[Sent<'_>] = &[(0, row, row), (3, row, row)];
    let error = read(&[(ReferenceTable::People, two)]).unwrap_err();
    assert!(error.to_string().contains("it stands at partition 3, offset 1 too"), "{error}");
    let withdrawn: &[Sent<'_>] = &[(0, row, row), (3, row, None)];
    assert!(read(&[(ReferenceTable::People, withdrawn)]).is_err(), "a tombstone elsewhere withdraws nothing");
    let both: &[Sent<'_>] = &[(0, row, row), (3, row, row), (0, row, None), (3, row, None)];
    assert!(read(&[(ReferenceTable::People, both)]).unwrap().person("rep-1", 0).is_none());
}

#[test]
fn consents_of_one_instant_stand_side_by_side() {
    let key = |said: &str| {
        format!("{{\"hcp_id\":\"h1\",\"channel\":\"email\",\"consent\":\"{said}\",\"captured_at\":\"2026-01-01\"}}")
    };
    let (yes, no) = (key("opt_in"), key("opt_out"));
    let sent: &[Sent<'_>] = &[(0, Some(&no), Some(&no)), (0, Some(&yes), Some(&yes))];
    let reference = read(&[(ReferenceTable::Consents, sent)]).unwrap();
    let captured = reference.permissions().unwrap().captured("h1", touchpoint::Channel::Email, i64::MAX / 2);
    assert_eq!(captured.map(|capture| capture.allows), Some(false), "who opts out prevails, whatever came last");
}

#[test]
fn rows_of_topics_and_files_are_held_against_each_other() {
    let folder = super::written(&[("accounts.csv", b"account_id,parent_account_id\na1,a1\n")]);
    let row = Some(r#"{"hcp_id":"h1","account_id":"a1","is_primary":true}"#);
    let key = Some(r#"{"hcp_id":"h1","account_id":"a1"}"#);
    let other = Some(r#"{"hcp_id":"h1","account_id":"a2","is_primary":true}"#);
    let other_key = Some(r#"{"hcp_id":"h1","account_id":"a2"}"#);
    let sent: &[Sent<'_>] = &[(0, key, row), (0, other_key, other)];
    let files = ReferenceFiles::in_folder(folder.path());
    let error = load_all(&files, &topics(&[(ReferenceTable::Affiliations, sent)])).unwrap_err();
    let shown = error.to_string();
    let overlap = "topic ref.affiliations, partition 0, offset 1, column valid_from: expected no overlap with partition 0, \
                   offset 0, which is a primary affiliation of the same HCP";
    assert!(shown.contains(overlap) && shown.contains("accounts.csv, line 2"), "{shown}");
}

#[test]
fn rows_of_a_person_are_found_by_key_and_value_and_not_by_parts_of_ids() {
    let sent: &[Sent<'_>] = &[
        (0, Some(r#"{"hcp_id":"h1"}"#), Some(r#"{"hcp_id":"h1"}"#)),
        (0, Some(r#"{"hcp_id":"h10"}"#), Some(r#"{"hcp_id":"h10","segment":"h1"}"#)),
        (1, Some("h\u{fffd}"), Some(r#"{"hcp_id": " h1"}"#)),
        (1, Some(r#"{"hcp_id":"h1","valid_from":"2026-01-01"}"#), None),
        (1, None, Some("h1")),
    ];
    let held = topics(&[(ReferenceTable::Hcps, sent)]);
    let mut rows: Vec<_> = held[&ReferenceTable::Hcps].rows_of("h1").map(|row| (row.partition, row.offset)).collect();
    rows.sort_unstable();
    assert_eq!(rows, [(0, 0), (1, 2)]);
}
