//! `tests/slt/*.slt` over a small import whose values are worked out by hand, in process and over the wire.
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
//! [`VISITS`], under [`CALLS_PER_OWNER`]. `onlyif wire` and `skipif wire` stand where a server says a thing otherwise.

use crate::imports::{Folder, nothing_known};
use crate::postgres_client::{PostgresClient, Refused};
use crate::sql_server::SqlServer;
use async_trait::async_trait;
use chrono::NaiveDateTime;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::SessionContext;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use std::path::{Path, PathBuf};
use touchload::prompt::{SqlError, plan_reading};
use touchpoint::Kind;

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

/// The tables of what happened: see the module.
pub(crate) fn happened() -> Folder {
    imported(&[(Kind::Calls, CALLS), (Kind::Emails, EMAILS), (Kind::Requests, REQUESTS)])
}

/// What a script runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    Happened,
    Planned,
    Visited,
}

impl World {
    const ALL: [Self; 3] = [Self::Happened, Self::Planned, Self::Visited];

    fn of(script: &Path) -> Self {
        let name = script.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match name.split(['_', '.']).next() {
            Some("forecast") => Self::Planned,
            Some("shares") => Self::Visited,
            _ => Self::Happened,
        }
    }

    fn folder(self) -> Folder {
        match self {
            Self::Happened => happened(),
            Self::Planned => {
                imported(&[(Kind::Calls, PLANNED), (Kind::Emails, SCHEDULED), (Kind::Congress, NOMINATED)])
            }
            Self::Visited => imported(&[(Kind::Calls, VISITS)]),
        }
    }

    /// Its policy as a file, `None` for the default.
    fn policy(self) -> Option<&'static str> {
        match self {
            Self::Happened => None,
            Self::Planned => Some(FEW),
            Self::Visited => Some(CALLS_PER_OWNER),
        }
    }
}

/// Two touches in 28 days.
const FEW: &str = "version = \"few\"\n[[budgets]]\nname = \"few\"\ncap = 2\nwindow = \"28d\"\n";

/// One visit per owner and HCP in a year, groups left out; and products, counted without a cap.
const CALLS_PER_OWNER: &str = r#"version = "calls"
[[budgets]]
name = "calls"
cap = 1
window = "365d"
per = "owner"
scope = { kinds = ["calls"], functions = ["sales"], meetings = ["one_to_one"] }
[[budgets]]
name = "products"
window = "4d"
per = "product"
"#;

/// Every script with its world.
fn scripts() -> Vec<(PathBuf, World)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let scripts = std::fs::read_dir(folder).expect("tests/slt").map(|entry| {
        let path = entry.expect("an entry").path();
        let world = World::of(&path);
        (path, world)
    });
    let scripts: Vec<_> = scripts.collect();
    assert!(scripts.len() >= 5, "{} scripts", scripts.len());
    scripts
}

#[tokio::test]
async fn scripts_hold() {
    let folders = World::ALL.map(World::folder);
    for (path, world) in scripts() {
        let folder = &folders[world as usize];
        let policy = world
            .policy()
            .map(|text| touchload::policy::parse("policy.toml", text).expect("a policy"))
            .unwrap_or_default();
        let mut runner = Runner::new(|| async { Ok(Session(folder.session_under(policy.clone()).await)) });
        if let Err(error) = runner.run_file_async(&path).await {
            panic!("{}", error.display(false));
        }
    }
}

/// The same scripts by the simple and by the extended protocol; a failure names each script that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_hold_over_the_wire() {
    let folders = World::ALL.map(World::folder);
    let servers = World::ALL.map(|world| {
        let data = folders[world as usize].data();
        match world.policy() {
            None => SqlServer::start(&data, "", &[]),
            Some(text) => SqlServer::start(&data, "policy.file = \"{folder}/policy.toml\"\n", &[("policy.toml", text)]),
        }
    });
    let mut failed = Vec::new();
    for (path, world) in scripts() {
        let server = &servers[world as usize];
        for extended in [false, true] {
            let mut runner = Runner::new(|| async { server.connect("admin").map(|client| Wire { client, extended }) });
            if let Err(error) = runner.run_file_async(&path).await {
                failed.push(format!("extended protocol: {extended}\n{}", error.display(false)));
            }
        }
    }
    servers.into_iter().for_each(|server| server.run.stop());
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// A connection to a server; scripts name it `wire`.
struct Wire {
    client: PostgresClient,
    extended: bool,
}

#[async_trait]
impl AsyncDB for Wire {
    type Error = Refused;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Refused> {
        let answer = if self.extended { self.client.extended(sql, &[])? } else { self.client.one(sql)? };
        let types = answer.columns.iter().map(|column| wire_type(column.type_oid)).collect();
        let row = |row: &Vec<Option<String>>| {
            row.iter().zip(&answer.columns).map(|(text, column)| wire_text(text.as_deref(), column.type_oid)).collect()
        };
        Ok(DBOutput::Rows { types, rows: answer.rows.iter().map(row).collect() })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "wire"
    }
}

fn wire_type(oid: u32) -> DefaultColumnType {
    match oid {
        INT2 | INT4 | INT8 => DefaultColumnType::Integer,
        TEXT | VARCHAR => DefaultColumnType::Text,
        FLOAT8 => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Any,
    }
}

/// As [`shown`] writes the value.
fn wire_text(text: Option<&str>, oid: u32) -> String {
    let Some(text) = text else { return "NULL".to_owned() };
    match oid {
        FLOAT8 => text.parse::<f64>().map_or_else(|_| text.to_owned(), |real| format!("{real:.6}")),
        BOOL => (text == "t").to_string(),
        TIMESTAMP | TIMESTAMPTZ => {
            let zone = if oid == TIMESTAMPTZ { "Z" } else { "" };
            let bare = text.strip_suffix("+00").unwrap_or(text);
            let at = NaiveDateTime::parse_from_str(bare, "%Y-%m-%d %H:%M:%S%.f");
            at.map_or_else(|_| text.to_owned(), |at| at.format("%Y-%m-%dT%H:%M:%S%.f").to_string() + zone)
        }
        _ => text.to_owned(),
    }
}

/// Types of PostgreSQL by their numbers.
const BOOL: u32 = 16;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;
const VARCHAR: u32 = 1043;
const TIMESTAMP: u32 = 1114;
const TIMESTAMPTZ: u32 = 1184;
