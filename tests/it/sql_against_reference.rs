//! SQL over stored tables against the naive reference: table function, aggregate function, sliding frames, views, and
//! what is said of wrong arguments.

use crate::adversary::{self, PRESENT};
use crate::imports::{Folder, Rows, assert_same, metrics_at, nothing_known, query, simulated, table, text};
use crate::kernel_against_reference::reference_data;
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StructArray};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::prelude::SessionContext;
use processors::sql::touch_metrics::ARGUMENTS;
use simulate::reference::{self, Question, Record, ReferenceRow};
use std::collections::BTreeMap;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Micros, Policy, WindowLength};

async fn adversaries(seed: u64, count: usize) -> (Folder, SessionContext) {
    let mut folder = Folder::new(reference_data());
    let files = folder.write_kinds("adversary", &adversary::stream(seed, count));
    folder.import(&files, &[]);
    let session = folder.session().await;
    (folder, session)
}

/// The call, with the columns of `touchpoints` and three more arguments.
fn call(as_of: &str, days: i64, audience: Audience) -> String {
    let quoted = |name: &str| format!("\"{name}\"");
    let columns: Vec<String> = ARGUMENTS[..ARGUMENTS.len() - 3].iter().map(|(name, _)| quoted(name)).collect();
    format!("touch_metrics({}, {as_of}, INTERVAL '{days} days', '{}')", columns.join(", "), audience.as_str())
}

/// A struct column beside `hcp_id`: the rows in which the struct is not NULL.
fn structs(batches: &[RecordBatch], column: &str, window: WindowLength) -> Rows {
    let mut rows = Rows::new();
    for batch in batches {
        let metrics = batch.column_by_name(column).expect("the structs").as_struct();
        let flat = flat(metrics);
        for row in (0..batch.num_rows()).filter(|row| metrics.is_valid(*row)) {
            let id = batch.column_by_name("hcp_id").expect("ids").as_string::<i32>().value(row);
            let metrics = ReferenceRow::from_batch(&flat, row).expect("metrics");
            rows.insert((id.to_owned(), window.as_str().to_owned()), metrics);
        }
    }
    rows
}

/// A struct column as a batch; where the struct is NULL the values mean nothing.
fn flat(column: &StructArray) -> RecordBatch {
    let (fields, columns, _) = column.clone().into_parts();
    RecordBatch::from(StructArray::try_new(fields, columns, None).expect("the same columns"))
}

#[tokio::test]
async fn hcp_metrics_at_equals_the_reference() {
    for seed in [41, 42] {
        let (folder, _) = adversaries(seed, 400).await;
        let instants = [PRESENT, PRESENT - 3 * DAY - 5 * HOUR, PRESENT - 60 * DAY, PRESENT + 2 * DAY];
        let compared = folder.assert_equals_reference(&instants).await;
        assert!(compared > 100, "{compared} rows");
    }
}

#[tokio::test]
async fn targets_without_records_have_rows_and_filters_choose_among_them() {
    let (_folder, session) = adversaries(43, 60).await;
    let count = async |of: &str, at: Micros| {
        table(&session, &format!("SELECT \"window\" FROM hcp_metrics_at('{}') {of}", text(at))).await.len()
    };
    assert_eq!(count("WHERE hcp_id = 'hcp-5'", PRESENT).await, 4, "a target");
    assert_eq!(count("WHERE hcp_id IN ('hcp-7', 'hcp-9')", PRESENT).await, 0, "no target");
    assert_eq!(count("WHERE hcp_id LIKE 'hcp-6%' AND touches = 0", PRESENT).await, 4, "a target for a time");
    assert_eq!(count("WHERE hcp_id LIKE 'hcp-6%'", PRESENT + 12 * DAY).await, 0, "between two panels");
    assert_eq!(count("WHERE hcp_id = 'hcp-8'", PRESENT - 8 * DAY).await, 4, "a target until then");
    let one = "SELECT count(DISTINCT hcp_id), count(*) FROM hcp_metrics_at('2026-06-01')";
    let all = table(&session, one).await;
    assert_eq!(all[0][0].parse::<usize>().expect("a count") * 4, all[0][1].parse::<usize>().expect("a count"));
}

#[tokio::test]
async fn touch_metrics_of_a_group_equals_hcp_metrics_at() {
    for seed in [51, 52] {
        let (_folder, session) = adversaries(seed, 300).await;
        // At the second instant one HCP has no zone yet, another still its first.
        for at in [PRESENT - DAY, PRESENT - 25 * DAY] {
            assert_groups_equal(&session, Audience::Full, at).await;
        }
    }
    // No interaction of this company changes its function, so its live versions are those of both audiences.
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(30, 30, 4));
    folder.import(&files, &[]);
    let session = folder.session().await;
    for audience in Audience::ALL {
        assert_groups_equal(&session, audience, crate::imports::END - 2 * DAY).await;
    }
}

async fn assert_groups_equal(session: &SessionContext, audience: Audience, at: Micros) {
    let mut expected = metrics_at(session, at, audience).await;
    // Of a target of whom nothing is heard there is no group.
    let heard_of = table(session, "SELECT DISTINCT hcp_id FROM touchpoints").await;
    expected.retain(|(hcp_id, _), _| heard_of.iter().any(|row| row[0] == *hcp_id));
    let instant = format!("TIMESTAMP '{}'", text(at));
    let of_window =
        |(window, days): (WindowLength, i64)| format!("{} AS \"{}\"", call(&instant, days, audience), window.as_str());
    let calls: Vec<String> = WindowLength::ALL.into_iter().zip([1, 7, 28, 90]).map(of_window).collect();
    let calls = calls.join(", ");
    let sql = format!("SELECT arrow_cast(hcp_id, 'Utf8') AS hcp_id, {calls} FROM touchpoints GROUP BY hcp_id");
    let batches = query(session, &sql).await;
    let found: Rows = WindowLength::ALL.into_iter().flat_map(|w| structs(&batches, w.as_str(), w)).collect();
    assert!(!expected.is_empty());
    assert_same(&expected, &found, audience.as_str());
}

#[tokio::test]
async fn a_sliding_frame_sees_the_rows_of_its_frame() {
    let (folder, session) = adversaries(61, 300).await;
    let call = call("occurred_at", 28, Audience::Full);
    let sql = format!(
        "SELECT arrow_cast(hcp_id, 'Utf8') AS hcp_id, occurred_at, {call} OVER (PARTITION BY hcp_id ORDER BY occurred_at \
         RANGE BETWEEN INTERVAL '28 days' PRECEDING AND CURRENT ROW) AS m FROM touchpoints"
    );
    let (records, policy, data) = (folder.records(), Policy::default(), reference_data());
    let by_hcp = reference::by_hcp(&records);
    let mut compared = 0;
    for batch in query(&session, &sql).await {
        for row in 0..batch.num_rows() {
            let one = batch.slice(row, 1);
            let at = one.column(1).as_primitive::<TimestampMicrosecondType>().value(0);
            let found = structs(std::slice::from_ref(&one), "m", WindowLength::HEADLINE);
            let id = one.column(0).as_string::<i32>().value(0).to_owned();
            let frame = |r: &&Record| r.occurred_at.is_some_and(|t| t >= at - 28 * DAY && t <= at);
            let frame: Vec<Record> = reference::live(&by_hcp[&id]).into_iter().filter(frame).cloned().collect();
            let question = Question {
                hcp_id: &id,
                at,
                window: WindowLength::HEADLINE,
                audience: Audience::Full,
                policy: &policy,
                reference: &data,
            };
            let expected = reference::metrics(&frame, &question).expect("the row itself lies in its frame");
            let key = (id, WindowLength::HEADLINE.as_str().to_owned());
            assert_same(&Rows::from([(key, expected)]), &found, &format!("frame that ends at {}", text(at)));
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} frames");
}

#[tokio::test]
async fn view_touchpoints_holds_the_live_records() {
    let (folder, session) = adversaries(71, 400).await;
    let sql = "SELECT kind, source, event_id, hcp_id, version, status, to_char(occurred_at, '%Y-%m-%dT%H:%M:%S%.6fZ'), \
               \"precision\", channel, business_function, purpose, coalesce(owner_id, '-'), coalesce(theme, '-') \
               FROM touchpoints";
    let mut found = table(&session, sql).await;
    let records = folder.records();
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut expected: Vec<Vec<String>> = reference::live(&records)
        .into_iter()
        .map(|r| {
            vec![
                touchpoint::Word::as_str(r.kind).to_owned(),
                r.source.clone(),
                r.event_id.clone(),
                r.hcp_id.clone(),
                r.version.to_string(),
                or(&r.status),
                r.occurred_at.map_or_else(|| "-".to_owned(), text),
                or(&r.precision),
                or(&r.channel),
                or(&r.business_function),
                or(&r.purpose),
                or(&r.owner_id),
                or(&r.theme),
            ]
        })
        .collect();
    found.sort();
    expected.sort();
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let (_folder, session) = adversaries(81, 30).await;
    let short = call("occurred_at", 28, Audience::Full).replace("INTERVAL '28 days', ", "");
    let months = call("occurred_at", 28, Audience::Full).replace("28 days", "1 month");
    let audience = call("occurred_at", 28, Audience::Full).replace("'full'", "'everyone'");
    let cases = BTreeMap::from([
        ("SELECT * FROM hcp_metrics_at()".to_owned(), "takes an instant"),
        ("SELECT * FROM hcp_metrics_at('tomorrow')".to_owned(), "is not an instant"),
        ("SELECT * FROM hcp_metrics_at(NULL)".to_owned(), "the instant is NULL"),
        ("SELECT * FROM hcp_metrics_at('2026-06-01', 'boss')".to_owned(), "'full' or 'commercial'"),
        ("SELECT * FROM hcp_metrics_at('2026-06-01', 'full', 1)".to_owned(), "takes an instant"),
        (format!("SELECT {short} FROM touchpoints"), "touch_metrics takes 23 arguments, 22 were given"),
        (format!("SELECT {months} FROM touchpoints"), "months have no fixed length"),
        (format!("SELECT {audience} FROM touchpoints"), "audience must be 'full' or 'commercial'"),
    ]);
    for (sql, wanted) in cases {
        let error = match session.sql(&sql).await {
            Ok(frame) => frame.collect().await.map(|_| ()).expect_err(&sql),
            Err(error) => error,
        };
        assert!(error.to_string().contains(wanted), "{sql}\n{error}");
    }
}
