//! `touchload import` against the naive reference: order, duplicates and file boundaries change nothing, a second time
//! adds nothing, a further file revises what was written.
//!
//! Also home of [`Folder`], the data folder that other SQL tests fill by import and query.

use crate::adversary::{self, Sent};
use crate::kernel_against_reference::{reference_data, with_targets};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::SessionContext;
use ingest::file::ImportFile;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use simulate::reference::{self, DEFAULT_TOLERANCE, Placement, Question, Record, ReferenceRow, RowKey};
use simulate::{Scenario, Span, Workload, World, WorldConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::clock::SystemClock;
use touchload::session::{Facts, offline};
use touchpoint::reference::Tables;
use touchpoint::time::{DAY, SECOND};
use touchpoint::{Audience, Clock, Kind, Micros, Policy, Reference, WindowLength, Word};

/// 2025-06-02 00:00 UTC, the end of simulated spans.
pub(crate) const END: Micros = 1_748_822_400 * SECOND;

/// A temporary folder: inputs and, under `data`, tables.
pub(crate) struct Folder {
    dir: tempfile::TempDir,
    reference: Arc<Reference>,
    imports: Vec<Vec<(Kind, PathBuf)>>,
    left_out: Vec<Box<dyn Fn(&Record) -> bool>>,
}

impl Folder {
    pub(crate) fn new(reference: Arc<Reference>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { dir, reference, imports: Vec::new(), left_out: Vec::new() }
    }

    /// The records for which this holds are no longer expected.
    pub(crate) fn leave_out(&mut self, records: impl Fn(&Record) -> bool + 'static) {
        self.left_out.push(Box::new(records));
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes an NDJSON file.
    pub(crate) fn write<'a>(&self, name: &str, lines: impl IntoIterator<Item = &'a [u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Writes records into one file per kind.
    pub(crate) fn write_kinds(&self, name: &str, sent: &[Sent]) -> Vec<(Kind, PathBuf)> {
        let file = |kind: &Kind| {
            let lines = sent.iter().filter(|s| s.kind == *kind).map(|s| s.payload.as_slice());
            (*kind, self.write(&format!("{name}-{kind:?}.ndjson"), lines))
        };
        Kind::ALL.iter().map(file).collect()
    }

    /// Imports files; gives what the command printed.
    pub(crate) fn import(&mut self, files: &[(Kind, PathBuf)], extra: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
        command.args(["-q", "import", "--data"]).arg(self.data()).args(extra);
        for (kind, path) in files {
            command.arg(option(*kind)).arg(path);
        }
        if self.reference.time_zone("hcp-0", END).is_some() {
            command.arg("--hcps-file").arg(self.zones());
        }
        let output = command.output().expect("touchload starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "import ended with {}: {said}", output.status);
        self.imports.push(files.to_vec());
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The zones of [`reference_data`] as CSV.
    fn zones(&self) -> PathBuf {
        let moved = text(adversary::PRESENT - 10 * DAY);
        let began = text(adversary::PRESENT - 20 * DAY);
        let lines = [
            "hcp_id,territory,time_zone,valid_from,valid_to".to_owned(),
            "hcp-0,north,Europe/Berlin,1970-01-01,".to_owned(),
            format!("hcp-1,north,America/New_York,1970-01-01,{moved}"),
            format!("hcp-1,north,Asia/Tokyo,{moved},"),
            format!("hcp-2,north,Asia/Kolkata,{began},"),
        ];
        self.write("hcps.csv", lines.iter().map(|l| l.as_bytes()))
    }

    pub(crate) async fn session(&self) -> SessionContext {
        self.session_under(Policy::default()).await
    }

    pub(crate) async fn session_under(&self, policy: Policy) -> SessionContext {
        let data = self.data().display().to_string();
        let store = Arc::new(Store::open(&data, OpenMode::MustExist).await.expect("tables"));
        let facts = Facts { policy: Arc::new(policy), reference: self.reference.clone(), clock: Arc::new(SystemClock) };
        offline(store, &facts).await.expect("a session")
    }

    /// Every accepted record of every import, as the reference reads the files; a thousandth of the first part of its
    /// position is the number of its import.
    pub(crate) fn records(&self) -> Vec<Record> {
        let now = SystemClock.now();
        let mut records = Vec::new();
        let mut known = BTreeSet::new();
        for (number, files) in self.imports.iter().enumerate() {
            let open = |(kind, path): &(Kind, PathBuf)| ImportFile::open(path, *kind).expect("the file");
            let mut files: Vec<ImportFile> = files.iter().map(open).collect();
            files.sort_by_key(ImportFile::topic);
            for (place, file) in files.iter().enumerate().filter(|(_, f)| known.insert(f.topic())) {
                let content = std::fs::read(&file.path).expect("the file");
                for (line, payload) in content.split(|b| *b == b'\n').enumerate() {
                    let placement = Placement {
                        position: ((number * 1_000 + place) as u64, line as u64),
                        reference: &self.reference,
                        kafka_timestamp: now,
                        ingested_at: now,
                        future_tolerance: DEFAULT_TOLERANCE,
                    };
                    records.extend(Record::parse(file.kind, payload, placement).ok());
                }
            }
        }
        records.retain(|record| !self.left_out.iter().any(|left_out| left_out(record)));
        records
    }

    /// What `hcp_metrics_at` must give.
    pub(crate) fn expected_at(&self, at: Micros, audience: Audience) -> Rows {
        let policy = Policy::default();
        let mut rows = Rows::new();
        let by_hcp = reference::by_hcp(&self.records());
        for (hcp_id, records) in with_targets(&by_hcp, &self.reference) {
            for window in WindowLength::ALL {
                let question = Question { hcp_id, at, window, audience, policy: &policy, reference: &self.reference };
                if let Some(row) = reference::metrics(records, &question) {
                    rows.insert((hcp_id.to_owned(), window.as_str().to_owned()), row);
                }
            }
        }
        rows
    }

    /// Asserts that `hcp_metrics_at` equals the reference at `instants` for both audiences. Gives how many rows.
    pub(crate) async fn assert_equals_reference(&self, instants: &[Micros]) -> usize {
        let session = self.session().await;
        let mut compared = 0;
        for &at in instants {
            for audience in Audience::ALL {
                let expected = self.expected_at(at, audience);
                let found = metrics_at(&session, at, audience).await;
                assert_same(&expected, &found, &format!("{} at {}", audience.as_str(), text(at)));
                compared += found.len();
            }
        }
        compared
    }
}

/// HCP and window to row.
pub(crate) type Rows = BTreeMap<(String, String), ReferenceRow>;

pub(crate) fn option(kind: Kind) -> &'static str {
    match kind {
        Kind::Calls => "--calls",
        Kind::Emails => "--emails",
        Kind::Congress => "--congress-invitations",
        Kind::Requests => "--medical-requests",
    }
}

/// RFC 3339.
pub(crate) fn text(at: Micros) -> String {
    let at = chrono::DateTime::from_timestamp_micros(at).expect("in range");
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

pub(crate) async fn query(session: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    let frame = session.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    frame.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

/// A result as text, row by row.
pub(crate) async fn table(session: &SessionContext, sql: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in query(session, sql).await {
        for row in 0..batch.num_rows() {
            let cell = |column| array_value_to_string(column, row).expect("text");
            rows.push(batch.columns().iter().map(|c| cell(c)).collect());
        }
    }
    rows
}

/// The rows of `hcp_metrics_at`.
pub(crate) async fn metrics_at(session: &SessionContext, at: Micros, audience: Audience) -> Rows {
    let sql = format!("SELECT * FROM hcp_metrics_at('{}', '{}')", text(at), audience.as_str());
    let mut rows = Rows::new();
    for batch in query(session, &sql).await {
        for row in 0..batch.num_rows() {
            let key = RowKey::from_batch(&batch, row).expect("key columns");
            assert_eq!((key.as_of, key.audience), (at, audience));
            let metrics = ReferenceRow::from_batch(&batch, row).expect("metric columns");
            let double = rows.insert((key.hcp_id, key.window.as_str().to_owned()), metrics);
            assert_eq!(double, None, "two rows of one HCP and window");
        }
    }
    rows
}

pub(crate) fn assert_same(expected: &Rows, found: &Rows, place: &str) {
    let keys = |rows: &Rows| rows.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(expected), keys(found), "{place}: which rows there are");
    for (key, row) in expected {
        let differences = row.diff(&found[key]);
        assert!(differences.is_empty(), "{place}, {key:?}:\n{}", differences.join("\n"));
    }
}

/// Of the reference data of streams what [`Folder::import`] hands on: where the HCPs are.
pub(crate) fn zones() -> Arc<Reference> {
    let tables = Tables { hcps: adversary::tables().hcps, ..Tables::default() };
    Arc::new(Reference::try_new(tables).expect("no overlaps"))
}

/// A simulated company's history of the last `days` before [`END`].
pub(crate) fn simulated(hcps: u32, days: i64, seed: u64) -> Vec<Sent> {
    let span = Span { from: END - days * DAY, to: END };
    let world = World::build(WorldConfig::new(Scenario::Coverage, hcps, seed, span)).expect("a world");
    let history = Workload::new(Arc::new(world)).history(span);
    history.map(|p| Sent { kind: p.kind, hcp_id: p.key, payload: p.payload }).collect()
}

/// Nothing known of anyone.
pub(crate) fn nothing_known() -> Arc<Reference> {
    Arc::new(Reference::default())
}

/// Without records that only their position tells apart: such records may not be permuted.
fn without_ties(sent: Vec<Sent>) -> Vec<Sent> {
    let mut contents: BTreeMap<Vec<String>, Vec<u8>> = BTreeMap::new();
    let tie = |s: &Sent| {
        let fields: serde_json::Value = serde_json::from_slice(&s.payload).expect("JSON");
        let rank = if fields["op"] == "delete" { &fields["op"] } else { &fields["status"] };
        let version = fields["version"].as_i64().unwrap_or(0);
        let source = fields["source"].as_str().unwrap_or(s.kind.default_topic());
        vec![
            format!("{:?}", s.kind),
            source.into(),
            fields["event_id"].to_string(),
            s.hcp_id.clone(),
            format!("{version} {rank}"),
        ]
    };
    sent.into_iter().filter(|s| contents.entry(tie(s)).or_insert_with(|| s.payload.clone()) == &s.payload).collect()
}

#[tokio::test]
async fn import_of_a_simulated_company_equals_the_reference() {
    let sent = simulated(60, 40, 11);
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &sent);
    folder.import(&files, &[]);
    let compared = folder.assert_equals_reference(&[END, END - 9 * DAY - 1, END + 30 * DAY]).await;
    assert!(compared > 500, "{compared} rows");
}

#[tokio::test]
async fn order_duplicates_and_file_boundaries_change_nothing() {
    for seed in 0..2 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let sent = without_ties(adversary::stream(seed, 300));
        let mut straight = Folder::new(reference_data());
        let files = straight.write_kinds("straight", &sent);
        straight.import(&files, &[]);
        let instants = [adversary::PRESENT, adversary::PRESENT - 14 * DAY - 7];
        straight.assert_equals_reference(&instants).await;
        let mut shuffled: Vec<Sent> = sent.iter().chain(sent.iter().take(100)).cloned().collect();
        shuffled.shuffle(&mut rng);
        let mut split = Folder::new(reference_data());
        let mut files: Vec<(Kind, PathBuf)> = Vec::new();
        for (part, chunk) in shuffled.chunks(130).enumerate() {
            files.extend(split.write_kinds(&format!("part{part}"), chunk));
        }
        files.shuffle(&mut rng);
        split.import(&files, &[]);
        split.assert_equals_reference(&instants).await;
        let (one, other) = (straight.session().await, split.session().await);
        for at in instants {
            for audience in Audience::ALL {
                let (left, right) = (metrics_at(&one, at, audience).await, metrics_at(&other, at, audience).await);
                assert_same(&left, &right, "one import against the shuffled one");
            }
        }
    }
}

#[tokio::test]
async fn importing_the_same_files_again_adds_nothing() {
    let sent = adversary::stream(5, 200);
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("once", &sent);
    folder.import(&files, &["--daily"]);
    let before = contents(&folder).await;
    let told = folder.import(&files, &["--daily"]);
    assert_eq!(contents(&folder).await, before);
    assert!(told.contains("skipped"), "{told}");
    // The same content under another name is the same file.
    let renamed = folder.write_kinds("renamed", &sent);
    folder.import(&renamed, &["--daily"]);
    assert_eq!(contents(&folder).await, before);
}

pub(crate) async fn contents(folder: &Folder) -> Vec<Vec<String>> {
    let session = folder.session().await;
    let mut rows = Vec::new();
    for name in ["touchpoint_log", "dead_letters", "hcp_metrics"] {
        rows.extend(table(&session, &format!("SELECT '{name}', count(*) FROM {name}")).await);
        let versions = std::fs::read_dir(folder.data().join(name).join("_delta_log")).expect("a Delta table");
        rows.push(vec![versions.count().to_string()]);
    }
    rows
}

/// Every stored day row of the last 34 days that a change still reaches equals the reference at its midnight.
pub(crate) async fn assert_day_rows(folder: &Folder, place: &str) -> usize {
    let session = folder.session().await;
    let sql = "SELECT arrow_cast(hcp_id, 'Utf8') AS hcp_id, arrow_cast(\"window\", 'Utf8') AS \"window\", as_of, \
               revision, * EXCEPT (hcp_id, \"window\", as_of, revision) FROM hcp_metrics";
    let mut stored: BTreeMap<(String, Micros), BTreeMap<i64, ReferenceRow>> = BTreeMap::new();
    for batch in query(&session, sql).await {
        use datafusion::arrow::array::AsArray;
        use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
        for row in 0..batch.num_rows() {
            let key = (
                batch.column(0).as_string::<i32>().value(row).to_owned(),
                batch.column(2).as_primitive::<TimestampMicrosecondType>().value(row),
            );
            let revision = batch.column(3).as_primitive::<Int64Type>().value(row);
            let metrics = ReferenceRow::from_batch(&batch, row).expect("metric columns");
            let double = stored.entry(key.clone()).or_default().insert(revision, metrics);
            assert!(double.is_none(), "{place}: {key:?} has revision {revision} twice");
        }
    }
    let (mut first, mut last) = (Micros::MAX, Micros::MIN);
    for (_, as_of) in stored.keys() {
        (first, last) = (first.min(*as_of), last.max(*as_of));
    }
    let policy = Policy::default();
    let by_hcp = reference::by_hcp(&folder.records());
    let mut compared = 0;
    let mut at = first.max(last - 34 * DAY);
    while at <= last {
        for (hcp_id, records) in &by_hcp {
            let question = Question {
                hcp_id,
                at,
                window: WindowLength::HEADLINE,
                audience: Audience::Full,
                policy: &policy,
                reference: &folder.reference,
            };
            let known = stored.range((hcp_id.clone(), Micros::MIN)..=(hcp_id.clone(), at)).next_back();
            let known = known.and_then(|(_, revisions)| revisions.values().next_back());
            match (reference::metrics(records, &question), known) {
                (Some(expected), Some(found)) => {
                    assert_equal_but_load(&expected, found, &format!("{place}: {hcp_id} at {}", text(at)))
                }
                (None, found) => assert!(found.is_none_or(|f| f.touches + f.requests == 0), "{place}: a row too many"),
                (Some(_), None) => panic!("{place}: {hcp_id} at {} has no row", text(at)),
            }
            compared += 1;
        }
        at += DAY;
    }
    compared
}

/// A row stays while only its load differs.
fn assert_equal_but_load(expected: &ReferenceRow, found: &ReferenceRow, place: &str) {
    let mut expected = expected.clone();
    (expected.interruption_load, expected.visits_per_week) = (found.interruption_load, found.visits_per_week);
    let differences = expected.diff(found);
    assert!(differences.is_empty(), "{place}:\n{}", differences.join("\n"));
}

#[tokio::test]
async fn further_files_revise_the_day_rows() {
    let mut sent = simulated(25, 25, 21);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    sent.shuffle(&mut rng);
    let mut folder = Folder::new(nothing_known());
    let parts = [0..sent.len() / 2, sent.len() / 2..sent.len() * 3 / 4, sent.len() * 3 / 4..sent.len()];
    for (number, part) in parts.into_iter().enumerate() {
        let files = folder.write_kinds(&format!("part{number}"), &sent[part]);
        folder.import(&files, &["--daily"]);
        let compared = assert_day_rows(&folder, &format!("after import {number}")).await;
        assert!(compared > 300, "{compared} day rows");
        folder.assert_equals_reference(&[END]).await;
    }
    let revisions = table(&folder.session().await, "SELECT max(revision) FROM hcp_metrics").await;
    assert_eq!(revisions, [["2"]], "the second and the third file revised some day");
}

#[tokio::test]
async fn an_import_of_the_final_day_writes_that_day_only() {
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(25, 20, 8));
    folder.import(&files, &[]);
    let days = table(&folder.session().await, "SELECT count(DISTINCT as_of), max(revision) FROM hcp_metrics").await;
    assert_eq!(days, [["1", "0"]]);
    assert!(assert_day_rows(&folder, "final day").await > 20);
}
