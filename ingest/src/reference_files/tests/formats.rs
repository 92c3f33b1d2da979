//! The same rows in every format, and what is wrong with NDJSON and Parquet alone.

use super::{Place, ReferenceFiles, at_lines, load, loaded, places, problems};
use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int16Array, Int64Array,
    LargeStringArray, NullArray, StringArray, StringViewArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt8Array, UInt64Array,
};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use std::sync::Arc;
use touchpoint::Audience;
use touchpoint::reference::Validity;

/// A Parquet file with these columns.
fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn array(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

const CSV: &[u8] = b"plan_id,step,position,function,after,min_gap_h,due_from_d,due_to_d,valid_from,valid_to\n\
    p1,s1,1,sales,,,0,7,2026-01-01,2026-07-01T00:00:00.5Z\n\
    p1,s2,2,,s1;s2,1.5,,,,\n";

#[test]
fn the_version_is_the_same_in_every_format() {
    let ndjson = "{\"plan_id\": \"p1\", \"step\": \"s1\", \"position\": 1, \"function\": \"sales\", \"min_gap_h\": null, \
        \"due_from_d\": 0, \"due_to_d\": 7, \"valid_from\": \"2026-01-01\", \"valid_to\": \"2026-07-01T00:00:00.5Z\"}\r\n\
        {\"step\": \" s2 \", \"plan_id\": \"p1\", \"position\": 2.0, \"function\": \"\", \"after\": \"s1;s2\", \
        \"min_gap_h\": 1.5}";
    let parquet = parquet(vec![
        ("valid_from", array(Date32Array::from(vec![Some(20_454), None]))),
        ("valid_to", array(TimestampMillisecondArray::from(vec![Some(1_782_864_000_500), None]).with_timezone("UTC"))),
        ("plan_id", array(["p1", "p1"].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("step", array(StringViewArray::from(vec!["s1", "s2"]))),
        ("position", array(UInt8Array::from(vec![1, 2]))),
        ("function", array(LargeStringArray::from(vec![Some("sales"), None]))),
        ("channel", array(NullArray::new(2))),
        ("after", array(StringArray::from(vec![Some(""), Some("s1;s2")]))),
        ("min_gap_h", array(Float64Array::from(vec![None, Some(1.5)]))),
        ("due_from_d", array(Int64Array::from(vec![Some(0), None]))),
        ("due_to_d", array(Float64Array::from(vec![Some(7.0), None]))),
    ]);
    let csv = loaded(&[("plan_steps.csv", CSV)]).unwrap();
    assert_eq!(csv.steps().unwrap().of("p1", 1_770_000_000_000_000, Audience::Full).count(), 2);
    assert_eq!(loaded(&[("plan_steps.ndjson", ndjson.as_bytes())]).unwrap().version(), csv.version());
    assert_eq!(loaded(&[("plan_steps.parquet", &parquet)]).unwrap().version(), csv.version());
}

#[test]
fn parquet_flags_and_instants_of_any_unit() {
    let rows = parquet(vec![
        ("hcp_id", array(StringArray::from(vec!["h1", "h1"]))),
        ("account_id", array(StringArray::from(vec!["a1", "a2"]))),
        ("is_primary", array(BooleanArray::from(vec![Some(true), None]))),
        ("valid_from", array(TimestampSecondArray::from(vec![Some(1), None]).with_timezone("+02:00"))),
        ("valid_to", array(TimestampNanosecondArray::from(vec![Some(2_000_001_999), None]))),
    ]);
    let reference = loaded(&[("affiliations.parquet", &rows)]).unwrap();
    let accounts = [999_999, 1_000_000, 2_000_000, 2_000_001].map(|at| reference.account_of("h1", at));
    assert_eq!(accounts, [None, Some("a1"), Some("a1"), None], "finer than a microsecond is cut off");
}

#[test]
fn parquet_problems_name_row_and_column() {
    let many = 5_000;
    let mut zones = vec![Some("UTC"); many];
    zones[4_500] = Some("Mars/Base");
    let ids: Vec<_> = (0..many).map(|n| if n == 4_999 { "h0".to_owned() } else { format!("h{n}") }).collect();
    let hcps = parquet(vec![
        ("hcp_id", array(StringArray::from(ids))),
        ("time_zone", array(StringArray::from(zones))),
        ("valid_from", array(TimestampSecondArray::from(vec![Some(0); many]))),
    ]);
    let found = problems(&[("hcps.parquet", &hcps)]);
    let expected = [(4_501, "time_zone"), (5_000, "valid_from")]
        .map(|(row, column)| ("hcps.parquet".to_owned(), Some(Place::Row(row)), Some(column)));
    assert_eq!(places(&found), expected);
    assert!(found[1].expected.contains("row 1,"), "{}", found[1]);

    let accounts = parquet(vec![
        ("account_id", array(StringArray::from(vec![Some("a1"), None, Some("a3")]))),
        ("sites", array(UInt64Array::from(vec![u64::MAX, 1, 2]))),
        ("decision_makers", array(Float64Array::from(vec![1.0, 1.5, f64::NAN]))),
        ("formulary_control", array(Int16Array::from(vec![-1, 0, 2]))),
        ("valid_from", array(TimestampSecondArray::from(vec![-1, i64::MAX, 0]))),
    ]);
    let expected = [
        (1, "sites"),
        (1, "formulary_control"),
        (1, "valid_from"),
        (2, "account_id"),
        (2, "decision_makers"),
        (2, "valid_from"),
        (3, "decision_makers"),
    ];
    let expected = expected.map(|(row, column)| ("accounts.parquet".to_owned(), Some(Place::Row(row)), Some(column)));
    assert_eq!(places(&problems(&[("accounts.parquet", &accounts)])), expected);
}

#[test]
fn parquet_columns_are_checked_before_rows() {
    let hcps = parquet(vec![
        ("hcp_id", array(Int64Array::from(vec![1]))),
        ("name", array(StringArray::from(vec!["x"]))),
        ("valid_from", array(BooleanArray::from(vec![true]))),
    ]);
    let found = problems(&[("hcps.parquet", &hcps)]);
    assert_eq!(places(&found), [("hcps.parquet".to_owned(), None, None)]);
    assert!(found[0].expected.contains("place 2"), "{}", found[0]);
    let hcps = parquet(vec![
        ("hcp_id", array(Int64Array::from(vec![1]))),
        ("valid_from", array(BooleanArray::from(vec![true]))),
    ]);
    let columns: Vec<_> = problems(&[("hcps.parquet", &hcps)]).iter().map(|problem| problem.column).collect();
    assert_eq!(columns, [Some("hcp_id"), Some("valid_from")]);
    for broken in [&b""[..], b"PAR1", b"hcp_id\nh1\n", &hcps[..hcps.len() / 2]] {
        let found = problems(&[("hcps.parquet", broken)]);
        assert_eq!((found.len(), found[0].place), (1, None), "{}", found[0]);
        assert!(found[0].expected.starts_with("a Parquet file"), "{}", found[0]);
    }
}

#[test]
fn ndjson_problems_name_line_and_column() {
    let long = format!("{{\"hcp_id\": \"{}\"}}", "x".repeat(100_000));
    let lines = [
        "{\"hcp_id\": \"h1\", \"name\": \"x\"}",
        "",
        "{\"hcp_id\": \"h2\", \"name\": \"y\"}",
        "{\"hcp_id\": \"h3\"",
        "[\"h4\"]",
        "{\"hcp_id\": 5}",
        "{\"hcp_id\": \"h6\", \"hcp_id\": \"h7\"}",
        "{\"time_zone\": \"UTC\"}",
        long.as_str(),
        "{\"hcp_id\": \"h9\", \"valid_from\": 3, \"segment\": [\"A\"]}",
        "{\"hcp_id\": \"h10\", \"valid_to\": \"1970-01-01\"}",
    ];
    let found = problems(&[("hcps.ndjson", lines.join("\n").as_bytes())]);
    let expected = [
        (1, None),
        (4, None),
        (5, None),
        (6, Some("hcp_id")),
        (7, None),
        (8, Some("hcp_id")),
        (9, None),
        (10, Some("segment")),
        (10, Some("valid_from")),
        (11, Some("valid_to")),
    ];
    assert_eq!(places(&found), at_lines("hcps.ndjson", &expected));
    let shown: String = found.iter().map(|problem| format!("{}\n", problem.expected)).collect();
    assert!(shown.contains("at place 2") && !shown.contains("name"), "{shown}");
}

#[test]
fn ndjson_numbers_and_flags_are_not_texts() {
    let panels = "{\"owner_id\": \"r\", \"hcp_id\": \"h\", \"is_target\": \"true\", \"min_touches\": \"3\"}\n\
        {\"owner_id\": \"r\", \"hcp_id\": \"i\", \"is_target\": 1, \"min_touches\": 3.5}\n\
        {\"owner_id\": \"r\", \"hcp_id\": \"j\", \"is_target\": false, \"min_touches\": 3.0, \"max_touches\": 1e30}\n";
    let found = problems(&[("panels.ndjson", panels.as_bytes())]);
    let expected = [(1, "min_touches"), (1, "is_target"), (2, "min_touches"), (2, "is_target"), (3, "max_touches")];
    assert_eq!(places(&found), at_lines("panels.ndjson", &expected.map(|(line, column)| (line, Some(column)))));
}

#[test]
fn what_the_simulation_writes_is_what_it_says() {
    let span = simulate::Span { from: 1_767_225_600_000_000, to: 1_775_001_600_000_000 };
    let config = simulate::WorldConfig::new(simulate::Scenario::Orchestration, 500, 3, span);
    let world = simulate::World::build(config).unwrap();
    let files = simulate::ReferenceFiles::new(&world);
    let folder = tempfile::tempdir().unwrap();
    let rows = files.write(folder.path()).unwrap();
    let loaded = load(&ReferenceFiles::in_folder(folder.path())).unwrap();
    assert_eq!(loaded.version(), touchpoint::Reference::try_new(files.tables()).unwrap().version());
    assert!(rows > 3_000);
}

#[test]
fn a_table_may_be_named_from_anywhere() {
    let folder = super::written(&[("of march.ndjson", b"{\"hcp_id\": \"h1\"}")]);
    let mut files = ReferenceFiles::default();
    files.set(super::ReferenceTable::Hcps, folder.path().join("of march.ndjson"));
    assert_eq!(load(&files).unwrap().hcp("h1", 0).unwrap().validity, Validity::ALWAYS);
}
