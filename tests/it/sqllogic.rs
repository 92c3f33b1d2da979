//! `tests/slt/*.slt` over a small import whose values are worked out by hand.
//!
//! Reals are shown with six decimals, NULL as `NULL`, instants in RFC 3339. The records:
//!
//! | HCP | what |
//! |---|---|
//! | `h1` | planned, then completed visit by rep-a on 2 March 09:00; a day later a phone call by rep-b; a closed door on the 4th; an e-mail of headquarters on the 10th; a medical video call on the 11th that answers request `r1` of the 9th, answered on the 10th |
//! | `h2` | a rep's e-mail known to the day, 5 March; a call that was deleted |
//!
//! and one line that is no JSON, one without a status, one request whose status is unknown. Scripts that are called
//! `forecast…` run over [`PLANNED`] and its kin instead, under a cap of two touches in 28 days; those called `shares…` over
//! [`VISITS`], under [`calls_per_owner`].

use crate::imports::{Folder, nothing_known};
use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::SessionContext;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use std::path::Path;
use touchload::prompt::{SqlError, plan_reading};
use touchpoint::policy::{Budget, Meeting, Per, Scope, WordSet};
use touchpoint::time::DAY;
use touchpoint::{BusinessFunction, Kind, Policy};

const CALLS: &[&str] = &[
    r#"{"event_id":"c1","hcp_id":"h1","occurred_at":"2026-03-02T09:00:00Z","status":"planned","channel":"face_to_face","owner_id":"rep-a","theme":"t1"}"#,
    r#"{"event_id":"c1","hcp_id":"h1","occurred_at":"2026-03-02T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a","theme":"t1"}"#,
    r#"{"event_id":"c2","hcp_id":"h1","occurred_at":"2026-03-03T09:00:00Z","status":"completed","channel":"phone","owner_id":"rep-b","theme":"t1"}"#,
    r#"{"event_id":"c3","hcp_id":"h1","occurred_at":"2026-03-04T09:00:00Z","status":"no_access","channel":"face_to_face","owner_id":"rep-a"}"#,
    r#"{"event_id":"c4","hcp_id":"h1","occurred_at":"2026-03-11T12:00:00Z","status":"completed","channel":"video","owner_id":"msl-c","business_function":"medical","request_id":"r1"}"#,
    r#"{"event_id":"c5","hcp_id":"h2","occurred_at":"2026-03-06T09:00:00Z","status":"completed","channel":"face_to_face"}"#,
    r#"{"event_id":"c5","hcp_id":"h2","op":"delete"}"#,
    "this is no JSON",
    r#"{"event_id":"c6","hcp_id":"h1","occurred_at":"2026-03-04T09:00:00Z","channel":"chat"}"#,
];

const EMAILS: &[&str] = &[
    r#"{"event_id":"e1","hcp_id":"h1","occurred_at":"2026-03-10T09:00:00Z","status":"delivered","origin":"hq","theme":"t2"}"#,
    r#"{"event_id":"e2","hcp_id":"h2","occurred_at":"2026-03-05","status":"opened","origin":"rep","owner_id":"rep-a"}"#,
];

const REQUESTS: &[&str] = &[
    r#"{"event_id":"r1","hcp_id":"h1","occurred_at":"2026-03-09T00:00:00Z","status":"answered","answered_at":"2026-03-10T00:00:00Z","intake":"web","topic":"never stored"}"#,
    r#"{"event_id":"r2","hcp_id":"h1","occurred_at":"2026-03-09T00:00:00Z","status":"lost","intake":"web"}"#,
];

/// What was made and what is planned of one HCP.
const PLANNED: &[&str] = &[
    r#"{"event_id":"c1","hcp_id":"h1","occurred_at":"2026-03-02T09:00:00Z","status":"completed","channel":"face_to_face"}"#,
    r#"{"event_id":"p0","hcp_id":"h1","occurred_at":"2026-03-09T09:00:00Z","status":"planned","channel":"phone"}"#,
    r#"{"event_id":"p1","hcp_id":"h1","occurred_at":"2026-03-12T09:00:00Z","status":"planned","channel":"phone","owner_id":"rep-a"}"#,
    r#"{"event_id":"p2","hcp_id":"h1","occurred_at":"2026-03-14T09:00:00Z","status":"planned","channel":"video","business_function":"medical"}"#,
    r#"{"event_id":"p3","hcp_id":"h1","occurred_at":"2026-03-12T15:00:00Z","status":"planned","channel":"phone"}"#,
    r#"{"event_id":"p3","hcp_id":"h1","occurred_at":"2026-03-12T15:00:00Z","status":"cancelled","channel":"phone"}"#,
    r#"{"event_id":"p4","hcp_id":"h1","occurred_at":"2026-05-01T09:00:00Z","status":"planned","channel":"phone"}"#,
];
const SCHEDULED: &[&str] =
    &[r#"{"event_id":"m1","hcp_id":"h1","occurred_at":"2026-03-13T09:00:00Z","status":"scheduled","origin":"hq"}"#];
const NOMINATED: &[&str] = &[r#"{"event_id":"n1","hcp_id":"h1","occurred_at":"2026-03-20","status":"nominated"}"#];

/// Visits of two owners and of nobody: alone, on a group, asked for, by medical affairs.
const VISITS: &[&str] = &[
    r#"{"event_id":"v1","hcp_id":"h1","occurred_at":"2026-03-02T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a"}"#,
    r#"{"event_id":"v2","hcp_id":"h1","occurred_at":"2026-03-05T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a","attendees":5}"#,
    r#"{"event_id":"v3","hcp_id":"h1","occurred_at":"2026-03-06T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a","solicited":true}"#,
    r#"{"event_id":"v4","hcp_id":"h1","occurred_at":"2026-03-09T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-b","attendees":1}"#,
    r#"{"event_id":"v5","hcp_id":"h2","occurred_at":"2026-03-03T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a"}"#,
    r#"{"event_id":"v6","hcp_id":"h2","occurred_at":"2026-03-10T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"rep-a"}"#,
    r#"{"event_id":"v7","hcp_id":"h2","occurred_at":"2026-03-11T09:00:00Z","status":"completed","channel":"face_to_face"}"#,
    r#"{"event_id":"v8","hcp_id":"h2","occurred_at":"2026-03-12T09:00:00Z","status":"completed","channel":"face_to_face","owner_id":"msl-c","business_function":"medical"}"#,
];

struct Session(SessionContext);

#[async_trait]
impl AsyncDB for Session {
    type Error = SqlError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, SqlError> {
        let frame = self.0.execute_logical_plan(plan_reading(&self.0, sql).await?).await?;
        let types = frame.schema().fields().iter().map(|f| column_type(f.data_type())).collect();
        let mut rows = Vec::new();
        for batch in frame.collect().await? {
            for row in 0..batch.num_rows() {
                rows.push(batch.columns().iter().map(|column| shown(column, row)).collect());
            }
        }
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "touchload"
    }
}

fn column_type(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        DataType::Utf8 | DataType::Utf8View => DefaultColumnType::Text,
        integer if integer.is_integer() => DefaultColumnType::Integer,
        DataType::Float64 => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Any,
    }
}

fn shown(column: &ArrayRef, row: usize) -> String {
    if let (true, Some(reals)) = (column.is_valid(row), column.as_primitive_opt::<Float64Type>()) {
        return format!("{:.6}", reals.value(row));
    }
    let options = FormatOptions::new().with_null("NULL");
    ArrayFormatter::try_new(column.as_ref(), &options).expect("text").value(row).to_string()
}

fn imported(lines_by_kind: &[(Kind, &[&str])]) -> Folder {
    let mut folder = Folder::new(nothing_known());
    let write = |(kind, lines): &(Kind, &[&str])| {
        (*kind, folder.write(&format!("{kind:?}.ndjson"), lines.iter().map(|l| l.as_bytes())))
    };
    let files: Vec<_> = lines_by_kind.iter().map(write).collect();
    folder.import(&files, &[]);
    folder
}

/// One visit per owner and HCP in a year, groups left out; and products, counted without a cap.
fn calls_per_owner() -> Policy {
    let scope = Scope {
        kinds: WordSet::of(&[Kind::Calls]),
        functions: WordSet::of(&[BusinessFunction::Sales]),
        meetings: WordSet::of(&[Meeting::OneToOne]),
        ..Scope::default()
    };
    let calls = Budget { scope, per: Per::Owner, ..Budget::new("calls", Some(1), 365 * DAY) };
    let products = Budget { per: Per::Product, ..Budget::new("products", None, 4 * DAY) };
    Policy { budgets: vec![calls, products], version: "calls".into(), ..Policy::default() }
}

#[tokio::test]
async fn scripts_hold() {
    let happened = imported(&[(Kind::Calls, CALLS), (Kind::Emails, EMAILS), (Kind::Requests, REQUESTS)]);
    let planned = imported(&[(Kind::Calls, PLANNED), (Kind::Emails, SCHEDULED), (Kind::Congress, NOMINATED)]);
    let visited = imported(&[(Kind::Calls, VISITS)]);
    let few = Policy { budgets: vec![Budget::new("few", Some(2), 28 * DAY)], ..Policy::default() };
    let mut scripts = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt")).expect("tests/slt") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (folder, policy) = match name.split(['_', '.']).next() {
            Some("forecast") => (&planned, few.clone()),
            Some("shares") => (&visited, calls_per_owner()),
            _ => (&happened, Policy::default()),
        };
        let mut runner = Runner::new(|| async { Ok(Session(folder.session_under(policy.clone()).await)) });
        if let Err(error) = runner.run_file_async(&path).await {
            panic!("{}", error.display(false));
        }
        scripts += 1;
    }
    assert!(scripts >= 5, "{scripts} scripts");
}
