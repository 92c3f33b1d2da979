//! What a reader can learn in SQL: nothing of medical records for commercial roles, whatever is asked, and nobody out of
//! sight for anybody.
//!
//! Two worlds that differ in medical records alone must answer every statement of a commercial reader byte for byte the
//! same, errors, plans and row counts included. The one exception is `medical_activity`, whose cells are published.

use crate::adversary::{self, PRESENT, Sent};
use crate::imports::{Folder, text};
use crate::kernel_against_reference::reference_data;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};
use serve::postgres::Sessions;
use serve::{Reader, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::session::{CATALOG, Facts, QueryLimits, ReaderSessions, Source};
use touchpoint::reference::{HcpRow, PersonRow, Tables};
use touchpoint::time::DAY;
use touchpoint::{Clock, Kind, Micros, Policy, Reference};

/// The now of every statement: a while after the records, so that their months are published.
const NOW: Micros = PRESENT + 90 * DAY;

struct At(Micros);
impl Clock for At {
    fn now(&self) -> Micros {
        self.0
    }
}

fn reader(role: Role) -> Reader {
    Reader { name: role.as_str().to_owned(), role, territories: None, owner_id: None }
}

async fn sessions(folder: &Folder, reference: &Arc<Reference>) -> ReaderSessions {
    let data = folder.data().display().to_string();
    let store = Arc::new(Store::open(&data, OpenMode::MustExist).await.expect("tables"));
    let facts = Facts { policy: Arc::new(Policy::default()), reference: reference.clone(), clock: Arc::new(At(NOW)) };
    ReaderSessions::new(store, Source::Stored(facts), 0, &QueryLimits::default()).expect("sessions")
}

async fn open(sessions: &ReaderSessions, reader: &Reader) -> SessionContext {
    let context = sessions.open(reader).expect("a session");
    // One partition, so that counts within a plan do not depend on who was scheduled first.
    context.state_ref().write().config_mut().options_mut().execution.target_partitions = 1;
    sessions.begin_statement(&context).await.expect("a statement");
    context
}

/// The answer as text: rows in order of their text, or the error.
async fn answer(context: &SessionContext, sql: &str) -> Vec<String> {
    asked(context, sql).await.0
}

/// The answer, and what its plan counted while it ran, operator by operator; how long it took is nobody's secret.
async fn asked(context: &SessionContext, sql: &str) -> (Vec<String>, Vec<String>) {
    // Of names that are equally near, the hint takes the first of a hash table, another one each time.
    let error = |error: DataFusionError| {
        let text = error.strip_backtrace();
        vec![format!("error: {}", text.split("\nDid you mean").next().unwrap_or_default())]
    };
    let frame = match context.sql(sql).await {
        Ok(frame) => frame,
        Err(refused) => return (error(refused), Vec::new()),
    };
    let task = Arc::new(frame.task_ctx());
    let plan = match frame.create_physical_plan().await {
        Ok(plan) => plan,
        Err(refused) => return (error(refused), Vec::new()),
    };
    let rows = match collect(plan.clone(), task).await {
        Ok(batches) => rows(&batches),
        Err(failed) => error(failed),
    };
    let mut counts = Vec::new();
    count(&plan, &mut counts);
    (rows, counts)
}

fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("text"));
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    rows.sort();
    rows
}

fn count(plan: &Arc<dyn ExecutionPlan>, counts: &mut Vec<String>) {
    let rows = plan.metrics().and_then(|metrics| metrics.output_rows());
    counts.push(format!("{}: {rows:?}", plan.name()));
    plan.children().into_iter().for_each(|child| count(child, counts));
}

/// What `EXPLAIN ANALYZE` says was counted.
async fn analyzed(context: &SessionContext, sql: &str) -> Vec<String> {
    let analyzed = answer(context, &format!("EXPLAIN ANALYZE {sql}")).await.join("\n");
    let is_count = |word: &&str| word.starts_with("output_rows") || word.starts_with("output_batches");
    let words = analyzed.split([' ', '[', ']', ',', '\n']);
    words.filter(|word| is_count(word) || word.ends_with("Exec:")).map(str::to_owned).collect()
}

/// Every table of the reader's schema but the published cells.
fn tables(context: &SessionContext, role: Role) -> BTreeMap<String, Vec<String>> {
    let schema = context.catalog(CATALOG).expect("a catalog").schema(role.as_str()).expect("a schema");
    let mut tables = BTreeMap::new();
    for name in schema.table_names().into_iter().filter(|name| name != "medical_activity") {
        let table = futures::executor::block_on(schema.table(&name)).expect("a table").expect("a table");
        tables.insert(name, table.schema().fields().iter().map(|field| field.name().clone()).collect());
    }
    tables
}

/// Everything asked of a table, by its columns but `left_out`.
fn questions(table: &str, columns: &[String], left_out: &[&str]) -> Vec<String> {
    let columns: Vec<String> =
        columns.iter().filter(|c| !left_out.contains(&c.as_str())).map(|c| format!("\"{c}\"")).collect();
    let each = |of: fn(&String) -> String| columns.iter().map(of).collect::<Vec<_>>().join(", ");
    let mut asked = vec![
        format!("SELECT {} FROM {table}", columns.join(", ")),
        format!("SELECT count(*) FROM {table}"),
        format!("SELECT {} FROM {table}", each(|c| format!("min({c}), max({c}), count({c}), count(DISTINCT {c})"))),
    ];
    for column in ["kind", "hcp_id", "owner_id", "business_function", "request_id", "reason", "audience"] {
        if columns.iter().any(|c| c.trim_matches('"') == column) {
            asked.push(format!("SELECT {column}, count(*) FROM {table} GROUP BY {column}"));
        }
    }
    asked
}

/// Tricks: predicates that would fail or count on medical rows, names elsewhere, wider audiences.
fn tricks() -> Vec<String> {
    let mut tricks: Vec<String> = [
        "SELECT count(*) FROM touchpoints WHERE 1 / (CASE WHEN business_function = 'medical' THEN 0 ELSE 1 END) = 1",
        "SELECT count(*) FROM touchpoint_log WHERE 1 / (CASE WHEN kind = 'requests' THEN 0 ELSE 1 END) = 1",
        "SELECT count(*) FROM touchpoint_log WHERE arrow_cast(business_function, 'Int64') = 1 AND kind = 'requests'",
        "SELECT count(*) FROM touchpoint_log WHERE kafka_offset > 3",
        "SELECT count(*) FROM touchpoints WHERE request_id LIKE 'e%' OR late",
        "SELECT count(*) FROM touchpoints WHERE owner_id = 'msl-1' OR owner_id <> 'msl-1'",
        "SELECT count(*) FROM touchpoints WHERE event_id = 'e7' AND hcp_id = 'hcp-1'",
        "SELECT count(*) FROM touchpoints a JOIN touchpoint_log b USING (kind, source, event_id, hcp_id)",
        "SELECT sum(requests), sum(talked_past), count(responsiveness) FROM hcp_now_windows",
        "SELECT * FROM hcp_metrics",
        "SELECT * FROM medical.touchpoints",
        "SELECT * FROM touchload.medical.touchpoints",
        "SELECT * FROM elsewhere.touchpoints",
        "SELECT * FROM hcp_metrics_at('2026-06-01', 'full')",
        "SELECT * FROM forecast('2026-05-20', 14, 'full')",
        "SELECT hcp_country('hcp-1', now())",
        "SELECT table_schema, table_name, table_type FROM information_schema.tables",
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns",
        "SHOW TABLES",
    ]
    .map(str::to_owned)
    .to_vec();
    for at in [PRESENT, PRESENT - 10 * DAY, NOW] {
        tricks.push(format!("SELECT * FROM hcp_metrics_at('{}')", text(at)));
        tricks.push(format!("SELECT * FROM forecast('{}', 14)", text(at)));
    }
    tricks
}

/// Everything that a reader is asked to try, with what came of it.
async fn everything(sessions: &ReaderSessions, reader: &Reader, left_out: &[&str]) -> BTreeMap<String, Vec<String>> {
    let context = open(sessions, reader).await;
    let mut answers = BTreeMap::new();
    let tables = tables(&context, reader.role);
    let of_tables = tables.iter().flat_map(|(table, columns)| questions(table, columns, left_out));
    for sql in of_tables.chain(tricks()) {
        let (rows, counts) = asked(&context, &sql).await;
        answers.insert(format!("counts of {sql}"), counts);
        answers.insert(sql, rows);
    }
    let explained = tricks().into_iter().filter(|sql| sql.starts_with("SELECT"));
    for sql in explained.chain(tables.keys().map(|table| format!("SELECT * FROM {table}"))) {
        answers.insert(format!("plan of {sql}"), answer(&context, &format!("EXPLAIN {sql}")).await);
        answers.insert(format!("counts told of {sql}"), analyzed(&context, &sql).await);
    }
    for table in tables.keys() {
        let sql = format!("EXPLAIN VERBOSE SELECT count(*) FROM {table} WHERE 1 = 1");
        answers.insert(sql.clone(), answer(&context, &sql).await);
    }
    answers
}

fn assert_equal(one: &BTreeMap<String, Vec<String>>, other: &BTreeMap<String, Vec<String>>, place: &str) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{place}");
    for (sql, answer) in one {
        assert_eq!(answer, &other[sql], "{place}: {sql}");
    }
}

fn is_medical(sent: &Sent) -> bool {
    let fields: Value = serde_json::from_slice(&sent.payload).expect("JSON");
    sent.kind == Kind::Requests || fields["business_function"] == "medical"
}

/// An awkward stream, with records that are rejected: of sales, of medical, and of nobody knows whom.
fn stream(seed: u64) -> Vec<Sent> {
    let rejected = |kind, function: &str| Sent {
        kind,
        hcp_id: "hcp-1".into(),
        payload: json!({ "event_id": "r1", "hcp_id": "hcp-1", "status": "nonsense", "business_function": function })
            .to_string()
            .into_bytes(),
    };
    let mut sent = adversary::stream(seed, 400);
    sent.push(rejected(Kind::Calls, "sales"));
    sent.push(rejected(Kind::Calls, "medical"));
    sent.push(rejected(Kind::Requests, "medical"));
    sent
}

/// What differs between two imports of the same records.
const INGESTION: [&str; 5] = ["ingested_at", "rejected_at", "kafka_timestamp", "newest_ingested_at", "freshness_s"];

#[tokio::test]
async fn medical_records_change_no_answer_to_a_commercial_reader() {
    for (seed, role) in [(101, Role::Commercial), (102, Role::Analyst)] {
        let (medical, commercial): (Vec<Sent>, Vec<Sent>) = stream(seed).into_iter().partition(is_medical);
        let mut folder = Folder::new(reference_data());
        let files = folder.write_kinds("commercial", &commercial);
        folder.import(&files, &["--daily"]);
        let before = everything(&sessions(&folder, &reference_data()).await, &reader(role), &[]).await;
        let files = folder.write_kinds("medical", &medical);
        folder.import(&files, &["--daily"]);
        let after = everything(&sessions(&folder, &reference_data()).await, &reader(role), &[]).await;
        assert_equal(&before, &after, &format!("seed {seed}, {}", role.as_str()));
        let full = open(&sessions(&folder, &reference_data()).await, &reader(Role::Medical)).await;
        let there = answer(&full, "SELECT count(*) > 50 FROM touchpoint_log WHERE kind = 'requests'").await;
        assert_eq!(there, ["true"], "there was something to hide");
    }
}

#[tokio::test]
async fn a_company_without_medical_records_looks_the_same_from_sales() {
    let sent = stream(103);
    let mut answers = Vec::new();
    let commercial: Vec<Sent> = sent.iter().filter(|sent| !is_medical(sent)).cloned().collect();
    for sent in [sent, commercial] {
        let mut folder = Folder::new(reference_data());
        let files = folder.write_kinds("all", &sent);
        folder.import(&files, &["--daily"]);
        let sessions = sessions(&folder, &reference_data()).await;
        answers.push(everything(&sessions, &reader(Role::Commercial), &INGESTION).await);
    }
    assert_equal(&answers[0], &answers[1], "with and without medical records");
    let letters = &answers[0]["SELECT count(*) FROM dead_letters"];
    assert_ne!(letters, &["0"], "that of sales is seen");
}

/// Thirteen HCPs of one specialty in four accounts; each asked once, and sales visited each.
fn clinic(asking: usize) -> (Arc<Reference>, Vec<Sent>) {
    let hcp = |n: usize| HcpRow {
        hcp_id: format!("h{n:02}"),
        country: Some("DE".into()),
        specialty: Some("cardiology".into()),
        territory: Some(if n.is_multiple_of(2) { "north" } else { "south" }.into()),
        account_id: Some(format!("acc-{}", n % 4)),
        ..HcpRow::default()
    };
    let reference = Tables { hcps: Some((0..13).map(hcp).collect()), ..Tables::default() };
    let record = |kind, n: usize, fields: Value| {
        let mut record = json!({ "event_id": format!("{n}"), "hcp_id": format!("h{n:02}"),
            "occurred_at": text(PRESENT - 20 * DAY) });
        record.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        Sent { kind, hcp_id: format!("h{n:02}"), payload: record.to_string().into_bytes() }
    };
    let visits = (0..13).map(|n| {
        let owner = format!("rep-{}", n % 6);
        record(Kind::Calls, n, json!({ "status": "completed", "channel": "face_to_face", "owner_id": owner }))
    });
    let requests = (0..asking).map(|n| record(Kind::Requests, n, json!({ "status": "received" })));
    (Arc::new(Reference::try_new(reference).expect("no faults")), visits.chain(requests).collect())
}

async fn company(asking: usize) -> (Folder, ReaderSessions) {
    let (reference, sent) = clinic(asking);
    let mut folder = Folder::new(reference.clone());
    let files = folder.write_kinds("all", &sent);
    folder.import(&files, &[]);
    let sessions = sessions(&folder, &reference).await;
    (folder, sessions)
}

#[tokio::test]
async fn one_more_medical_record_moves_whole_published_cells_and_nothing_else() {
    let cells = "SELECT country, specialty, month, activity, hcps_at_least, records_at_least FROM medical_activity";
    let mut before: Option<BTreeMap<String, Vec<String>>> = None;
    let mut published = Vec::new();
    for asking in 8..=13 {
        let (_folder, sessions) = company(asking).await;
        // The cell opens at 10, and at 13 everybody has asked.
        if [9, 10, 13].contains(&asking) {
            let answers = everything(&sessions, &reader(Role::Commercial), &INGESTION).await;
            if let Some(before) = &before {
                assert_equal(before, &answers, &format!("{asking} ask"));
            }
            before = Some(answers);
        }
        let mut of_roles = BTreeSet::new();
        for role in Role::ALL {
            of_roles.insert(answer(&open(&sessions, &reader(role)).await, cells).await);
        }
        assert_eq!(of_roles.len(), 1, "the same for every role");
        published.extend(of_roles);
    }
    let cell = ["DE|cardiology|2026-05-01T00:00:00Z|requests|10|10".to_owned()];
    let expected: Vec<Vec<String>> = (8..=13).map(|asking| cell[..usize::from(asking >= 10)].to_vec()).collect();
    assert_eq!(published, expected, "below 10 HCPs nothing, and from there on steps of 5");
}

/// Owners 0 to 5 below two managers, one of whom is below the head.
fn with_people(reference: Tables) -> Arc<Reference> {
    let person = |id: &str, manager: &str| PersonRow {
        owner_id: id.into(),
        manager_id: Some(manager.into()),
        district: Some("d1".into()),
        ..PersonRow::default()
    };
    let people = vec![
        person("rep-0", "lead-1"),
        person("rep-1", "lead-1"),
        person("rep-2", "lead-2"),
        person("rep-3", "lead-2"),
        person("rep-4", "lead-2"),
        person("rep-5", "lead-2"),
        person("lead-1", "head"),
    ];
    Arc::new(Reference::try_new(Tables { people: Some(people), ..reference }).expect("no faults"))
}

#[tokio::test]
async fn owners_are_seen_by_their_line_and_pooled_for_others() {
    let (_, sent) = clinic(0);
    let mut folder = Folder::new(Arc::new(Reference::default()));
    let files = folder.write_kinds("all", &sent);
    folder.import(&files, &[]);
    let sessions = sessions(&folder, &with_people(Tables::default())).await;
    // (role, owner, owners seen, owners of the pool)
    let cases: [(Role, Option<&str>, &[&str], &[&str]); 8] = [
        (Role::Commercial, None, &[], &["6"]),
        (Role::Commercial, Some("rep-3"), &["rep-3"], &["5"]),
        (Role::Commercial, Some("lead-1"), &["rep-0", "rep-1"], &[]),
        (Role::Commercial, Some("head"), &["rep-0", "rep-1"], &[]),
        (Role::Medical, Some("rep-5"), &["rep-5"], &["5"]),
        (Role::Analyst, Some("lead-2"), &[], &["6"]),
        (Role::Compliance, None, &["rep-0", "rep-1", "rep-2", "rep-3", "rep-4", "rep-5"], &["6"]),
        (Role::Admin, None, &["rep-0", "rep-1", "rep-2", "rep-3", "rep-4", "rep-5"], &["6"]),
    ];
    for (role, owner, seen, pooled) in cases {
        let who = format!("{} {owner:?}", role.as_str());
        let context = open(&sessions, &Reader { owner_id: owner.map(Into::into), ..reader(role) }).await;
        for table in ["touchpoints", "touchpoint_log"] {
            let sql = format!("SELECT DISTINCT owner_id FROM {table} WHERE owner_id IS NOT NULL");
            assert_eq!(answer(&context, &sql).await, seen, "{who}: {table}");
            // A condition on an owner is put to what is seen, not to what is there.
            let sql = format!("SELECT count(*) > 0 FROM {table} WHERE owner_id = 'rep-2'");
            assert_eq!(answer(&context, &sql).await, [seen.contains(&"rep-2").to_string()], "{who}: {table}");
            assert_eq!(answer(&context, &format!("SELECT count(*) FROM {table}")).await, ["13"], "{who}: {table}");
        }
        assert_eq!(answer(&context, "SELECT owners FROM owners_pooled").await, pooled, "{who}");
    }
}

#[tokio::test]
async fn territories_bound_every_table() {
    let (reference, sent) = clinic(13);
    let mut folder = Folder::new(reference.clone());
    let files = folder.write_kinds("all", &sent);
    folder.import(&files, &["--daily"]);
    let sessions = sessions(&folder, &reference).await;
    let within = |territories: &[&str], role| Reader {
        territories: Some(territories.iter().map(|name| (*name).to_owned()).collect()),
        ..reader(role)
    };
    for role in Role::ALL {
        let everywhere = open(&sessions, &reader(role)).await;
        for (territories, hcps) in [(&["north"][..], 7), (&["north", "south"], 13), (&["unknown", "west"], 0)] {
            let context = open(&sessions, &within(territories, role)).await;
            let columns = tables(&context, role);
            let of_hcps = columns
                .iter()
                .filter(|(name, columns)| columns.contains(&"hcp_id".to_owned()) && !name.starts_with("alerts"));
            let mut bounded = 0;
            for (table, _) in of_hcps {
                let sql = format!("SELECT count(DISTINCT hcp_id) FROM {table}");
                // Reference data that nobody gave tell of nobody.
                let hcps = if answer(&everywhere, &sql).await == ["0"] { 0 } else { hcps };
                assert_eq!(
                    answer(&context, &sql).await,
                    [hcps.to_string()],
                    "{}, {territories:?}: {table}",
                    role.as_str()
                );
                bounded += usize::from(hcps > 0);
            }
            assert!(bounded >= 6 || hcps == 0, "{}: only {bounded} tables hold somebody", role.as_str());
            let sql = format!("SELECT count(DISTINCT hcp_id) FROM hcp_metrics_at('{}')", text(PRESENT));
            assert_eq!(answer(&context, &sql).await, [hcps.to_string()], "{}", role.as_str());
        }
    }
}

#[tokio::test]
async fn aggregates_tell_of_nobody_out_of_sight() {
    let (reference, sent) = clinic(0);
    let mut folder = Folder::new(reference.clone());
    let files = folder.write_kinds("all", &sent);
    folder.import(&files, &[]);
    let sessions = sessions(&folder, &reference).await;
    let call = |hcp: &str, audience: &str| {
        let columns = "occurred_at, source, event_id, kind, status, channel, origin, business_function, purpose, owner_id, \
                       product, theme, plan_id, plan_step, request_id, status_at, answered_at, \"precision\", solicited";
        format!(
            "SELECT m['touches'], m['collisions'] IS NULL FROM (SELECT touch_metrics({hcp}, {columns}, \
             TIMESTAMP '{}', INTERVAL '28 days', '{audience}') AS m FROM touchpoints)",
            text(PRESENT)
        )
    };
    let scoped = Reader { territories: Some(vec!["north".into()]), ..reader(Role::Commercial) };
    let context = open(&sessions, &scoped).await;
    assert_eq!(answer(&context, &call("'h00'", "commercial")).await, ["7|true"], "what tells owners apart is NULL");
    for out_of_sight in ["'h01'", "'nobody'"] {
        let said = answer(&context, &call(out_of_sight, "commercial")).await.join("");
        assert!(said.contains("not in the territories"), "{out_of_sight}: {said}");
    }
    let said = answer(&context, &call("'h00'", "full")).await.join("");
    assert!(said.contains("not open to this role"), "{said}");
    let admin = open(&sessions, &reader(Role::Admin)).await;
    assert_eq!(answer(&admin, &call("'h01'", "full")).await, ["13|false"]);
}
