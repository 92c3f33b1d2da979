//! psql against the SQL server: the questions, its backslash commands, cursors of its own, `\copy`, errors and Ctrl-C.

use crate::run_process::until;
use crate::sql_findings::Findings;
use crate::sql_server::SqlServer;
use crate::wire_questions::Question;
use std::fs;
use std::process::{Command, Output, Stdio};

/// What stands between columns, between rows, and for NULL.
const MARKS: [&str; 6] = ["-F", "\u{1f}", "-R", "\u{1e}", "-P", "null=\u{1d}"];
const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 300000) AS a (x), generate_series(1, 300000) AS b (y) \
                       WHERE a.x % 7 = b.y % 11";

/// Commands, and texts that stand in their answers.
const COMMANDS: &[(&str, &[&str])] = &[
    (r"\conninfo", &["connected to database", "admin"]),
    (r"\l", &["touchload", "UTF8"]),
    (r"\dn", &["{schema}"]),
    (r"\d", &["touchpoint_log", "hcp_now", "dead_letters"]),
    (r"\dt", &["touchpoint_log", "table"]),
    (r"\dv", &["touchpoints", "view"]),
    (r"\dt+", &["touchpoint_log"]),
    (r"\d touchpoint_log", &["occurred_at", "timestamp with time zone", "version", "bigint", "not null", "boolean"]),
    (r"\d+ touchpoint_log", &["occurred_at", "Description"]),
    (r"\d+ touchpoints", &["event_id", "View definition"]),
    (r"\d hcp_now", &["interruption_load", "double precision"]),
    (r"\d {schema}.hcp_now", &["interruption_load"]),
    (r"\df hcp_metrics_at", &["hcp_metrics_at"]),
    (r"\du", &["admin"]),
    (r"\dp touchpoint_log", &["touchpoint_log"]),
    (r"\dx", &["List of installed extensions"]),
    (r"\di", &["Did not find any relations"]),
    (r"\dT", &["List of data types"]),
    (r"\dd", &["Object descriptions"]),
    (r"\dconfig search_path", &["search_path"]),
    (r"\encoding", &["UTF8"]),
    ("\\timing on\nSELECT 1 AS one;", &["one", "Time: "]),
    ("SELECT occurred_at, version, solicited FROM touchpoint_log\n\\gdesc", &["timestamp with time zone", "bigint"]),
    ("SELECT 4 AS four, NULL AS nothing\n\\gx", &["-[ RECORD 1 ]", "four", "nothing"]),
    ("SELECT kind, hcp_id, count(*) FROM touchpoint_log GROUP BY 1, 2 ORDER BY 1, 2\n\\crosstabview", &["calls", "h1"]),
    ("SELECT 'calls' AS wanted\n\\gset\nSELECT count(*) AS n FROM touchpoint_log WHERE kind = :'wanted';", &["7"]),
    ("BEGIN;\nSELECT 1;\nCOMMIT;", &["BEGIN", "COMMIT"]),
    ("SELECT 1 AS one \\; SELECT 2 AS two;", &["one", "two"]),
    ("EXPLAIN SELECT count(*) FROM touchpoint_log;", &["plan"]),
    ("SHOW server_version;", &["server_version"]),
];

/// Asks through psql.
pub(crate) fn ask(server: &SqlServer, questions: &[Question], findings: &mut Findings) {
    let script = |fetch: &str| {
        let each = |q: &Question| format!("\\echo QUESTION {}\n{};\n", q.name, q.sql);
        fetch.to_owned() + &questions.iter().map(each).collect::<String>()
    };
    for (how, fetch) in [("psql", ""), ("psql with FETCH_COUNT", "\\set FETCH_COUNT 100\n")] {
        let output = psql(server, &MARKS, &["-q", "-A", "-t"], &script(fetch));
        findings.holds(how, "ends well", told(&output, true).map(drop));
        let printed = String::from_utf8_lossy(&output.stdout);
        for part in printed.split("QUESTION ").skip(1) {
            let (name, rows) = part.split_once('\n').unwrap_or((part, ""));
            let question = questions.iter().find(|question| question.name == name);
            let outcome = question.map_or_else(|| Err("nobody asked".to_owned()), |q| q.compare_texts(&read(rows)));
            findings.answered(how, name, outcome);
        }
    }
    commands(server, findings);
    findings.holds("psql", r"\copy", copy(server));
    findings.holds("psql", "an error has its place", error(server));
    findings.holds("psql", "Ctrl-C", interrupt(server));
}

fn read(rows: &str) -> Vec<Vec<Option<String>>> {
    let rows = rows.strip_suffix('\n').unwrap_or(rows);
    let value = |text: &str| (text != "\u{1d}").then(|| text.to_owned());
    if rows.is_empty() {
        return Vec::new();
    }
    rows.split('\u{1e}').map(|row| row.split('\u{1f}').map(value).collect()).collect()
}

fn commands(server: &SqlServer, findings: &mut Findings) {
    let schema = server
        .connect("admin")
        .and_then(|mut client| client.one("SELECT current_schema()"))
        .ok()
        .and_then(|answer| answer.rows.into_iter().flatten().next().flatten())
        .unwrap_or_default();
    for (command, expected) in COMMANDS {
        let output = psql(server, &[], &[], &command.replace("{schema}", &schema));
        let outcome = told(&output, true).and_then(|said| {
            let missing = |text: &&&str| !said.contains(&text.replace("{schema}", &schema));
            match expected.iter().find(missing) {
                None => Ok(()),
                Some(text) => Err(format!("no {text:?} in\n{said}")),
            }
        });
        findings.holds("psql", command, outcome);
    }
}

/// Rows into a file of the client, which the server never hears of.
fn copy(server: &SqlServer) -> Result<(), String> {
    let file = server.folder().join("copied.csv");
    let script = format!(
        "\\copy (SELECT event_id, version, late FROM touchpoint_log WHERE event_id = 'c1' ORDER BY kafka_offset) TO '{}' CSV HEADER\n",
        file.display()
    );
    told(&psql(server, &[], &[], &script), true)?;
    let copied = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    if copied == "event_id,version,late\nc1,0,f\nc1,0,f\n" { Ok(()) } else { Err(format!("copied {copied:?}")) }
}

fn error(server: &SqlServer) -> Result<(), String> {
    let said = told(&psql(server, &[], &["-v", "VERBOSITY=verbose"], "SELECT nowhere FROM touchpoint_log;\n"), false)?;
    let missing = ["42703", "nowhere"].into_iter().find(|text| !said.contains(text));
    missing.map_or(Ok(()), |text| Err(format!("no {text:?} in {said}")))
}

/// A statement that would take hours ends soon after psql is interrupted.
fn interrupt(server: &SqlServer) -> Result<(), String> {
    let mut child = command(server)
        .args(["-c", ENDLESS])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let id = child.id().to_string();
    // psql cancels a statement that runs; before, the signal would end psql itself.
    until("the statement to run", || (server.run.metric("touchload_sql_active_queries") >= 1.0).then_some(()));
    Command::new("kill").args(["-INT", &id]).status().map_err(|error| error.to_string())?;
    until("psql to end", || child.try_wait().ok().flatten());
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("canceling statement due to user request") { Ok(()) } else { Err(said) }
}

fn command(server: &SqlServer) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "--no-password"]).envs(server.variables("admin"));
    command
}

fn psql(server: &SqlServer, marks: &[&str], options: &[&str], script: &str) -> Output {
    let file = tempfile::NamedTempFile::new_in(server.folder()).expect("a file");
    fs::write(file.path(), script).expect("a script");
    let mut command = command(server);
    command.args(["-v", "ON_ERROR_STOP=1", "-P", "pager=off", "-P", "footer=off"]).args(options).args(marks);
    command.arg("-f").arg(file.path()).stdin(Stdio::null()).output().expect("psql starts")
}

fn told(output: &Output, well: bool) -> Result<String, String> {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    if output.status.success() == well { Ok(said) } else { Err(format!("{}: {said}", output.status)) }
}
