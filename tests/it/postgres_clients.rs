//! Real clients against one running SQL server, whose answers must be those that `touchload sql` has in process.
//!
//! psql, psycopg, asyncpg, SQLAlchemy, ADBC, psqlODBC, pgjdbc; what DBeaver, Metabase, Npgsql (Power BI) and Grafana ask at
//! login and to list tables; Grafana's macros in every form. Everything by the simple and by the extended protocol. One test,
//! since the server is started once; it tells every fault of every client at once.

use crate::sql_findings::Findings;
use crate::sql_server::SqlServer;
use crate::sqllogic;
use crate::wire_questions::{self, Question};
use crate::{sql_psql, sql_startups, test_setup};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

/// Where Debian puts psqlODBC.
const ODBC_DRIVER: &str = "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so";
/// Python programs of `tests/python`.
const PYTHON: [&str; 5] = ["sql_psycopg.py", "sql_asyncpg.py", "sql_alchemy.py", "sql_adbc.py", "sql_odbc.py"];
/// Ways in which every question is asked by a program.
const WAYS: [&str; 17] = [
    "simple protocol",
    "extended protocol",
    "psql",
    "psql with FETCH_COUNT",
    "psycopg text",
    "psycopg binary",
    "psycopg prepared",
    "psycopg client-side",
    "asyncpg",
    "SQLAlchemy",
    "ADBC",
    "ADBC with COPY",
    "ODBC",
    "ODBC in parts",
    "pgjdbc",
    "pgjdbc prepared, binary",
    "pgjdbc simple",
];

/// What a test of all clients needs beside the server.
struct Programs {
    python: PathBuf,
    jdbc: PathBuf,
}

impl Programs {
    /// `None` when one is missing and the test is to be skipped.
    fn find() -> Option<Self> {
        for program in ["psql", "isql"] {
            if Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                return test_setup::skip(&format!("{program} is missing: tests/setup/debian.sh tests"));
            }
        }
        if !Path::new(ODBC_DRIVER).exists() {
            return test_setup::skip("psqlODBC is missing: tests/setup/debian.sh tests");
        }
        Some(Self { python: test_setup::provide("python.sh")?, jdbc: test_setup::provide("pgjdbc.sh")? })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_clients_get_the_answers_of_the_prompt() {
    let Some(programs) = Programs::find() else { return };
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "", &[]);
    let session = folder.session().await;
    let questions = wire_questions::answered(&session).await;
    let panels = wire_questions::answered_panels(&session, sql_startups::PANEL).await;
    drop(session);
    let findings = tokio::task::spawn_blocking(move || {
        let findings = ask_all(&server, &programs, &questions, &panels);
        server.run.stop();
        (findings, questions)
    });
    let (findings, questions) = findings.await.expect("the clients were asked");
    let held = findings.held();
    findings.must_be_clean(&WAYS, &questions);
    assert!(held > 300, "only {held} checks");
}

/// Two programs at a time, as there are cores.
fn ask_all(server: &SqlServer, programs: &Programs, questions: &[Question], panels: &[Question]) -> Findings {
    let findings = Mutex::new(Findings::default());
    let told = Value::Array(questions.iter().map(Question::told).collect());
    let json = server.folder().join("questions.json");
    fs::write(&json, told.to_string()).expect("questions for programs");
    let work = Mutex::new(PYTHON.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(program) = { work.lock().expect("whole").pop() } {
                    let output = python(server, programs, program, &json);
                    take(program, &output, questions, &findings);
                }
            });
        }
    });
    let mut findings = findings.into_inner().expect("whole");
    ask_java(server, programs, questions, &mut findings);
    ask_own(server, questions, panels, &mut findings);
    sql_psql::ask(server, questions, &mut findings);
    findings.holds("isql", "a row", isql(server));
    findings
}

fn take(program: &str, output: &Output, questions: &[Question], findings: &Mutex<Findings>) {
    let said = String::from_utf8_lossy(&output.stderr);
    let ended = if output.status.success() { Ok(()) } else { Err(format!("{}: {said}", output.status)) };
    let mut findings = findings.lock().expect("whole");
    findings.holds(program, "ends well", ended);
    findings.report(program, &String::from_utf8_lossy(&output.stdout), questions);
}

fn python(server: &SqlServer, programs: &Programs, program: &str, questions: &Path) -> Output {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(program);
    let mut command = Command::new(&programs.python);
    command.arg(file).arg(questions).arg(ODBC_DRIVER).envs(server.variables("admin")).stdin(Stdio::null());
    command.output().expect("python starts")
}

fn ask_own(server: &SqlServer, questions: &[Question], panels: &[Question], findings: &mut Findings) {
    let outcome = server.connect("admin").and_then(|mut client| {
        sql_startups::ask_plainly(&mut client, questions, findings);
        sql_startups::ask_plainly(&mut client, panels, findings);
        findings.holds("simple protocol", "several statements and none", sql_startups::ask_several(&mut client));
        sql_startups::ask_startups(server, findings)
    });
    findings.holds("own client", "connects", outcome.map_err(|error| error.to_string()));
}

/// pgjdbc: the lines of its program are parts between U+001F.
fn ask_java(server: &SqlServer, programs: &Programs, questions: &[Question], findings: &mut Findings) {
    let line = |question: &Question| {
        let placed = (1..=question.values.len())
            .fold(question.bound_sql.clone(), |sql, number| sql.replace(&format!("${number}"), "?"));
        let mut parts = vec![question.name.clone(), placed.replace('\n', "\u{2028}")];
        parts.extend(question.values.iter().flat_map(|(kind, value)| [kind.clone(), value.clone()]));
        parts.join("\u{1f}") + "\n"
    };
    let file = server.folder().join("questions.txt");
    fs::write(&file, questions.iter().map(line).collect::<String>()).expect("questions for Java");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java/SqlClients.java");
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(&programs.jdbc).arg(program).arg(&file);
    let output = command.envs(server.variables("admin")).stdin(Stdio::null()).output().expect("java starts");
    let said = String::from_utf8_lossy(&output.stderr);
    findings.holds("pgjdbc", "ends well", if output.status.success() { Ok(()) } else { Err(said.into_owned()) });
    let printed = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split('\u{1f}').collect()).collect();
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        match line.as_slice() {
            ["rows", how, name] => {
                let mut rows = Vec::new();
                while let Some(["row", values @ ..]) = lines.peek().map(|line| line.as_slice()) {
                    rows.push(values.iter().map(|value| (*value != "\0").then(|| (*value).to_owned())).collect());
                    lines.next();
                }
                let question = questions.iter().find(|question| question.name == *name);
                let outcome = question.map_or_else(|| Err("nobody asked".to_owned()), |q| q.compare_texts(&rows));
                findings.answered(how, name, outcome);
            }
            ["checked", how, what] => findings.holds(how, what, Ok(())),
            ["fault", how, what @ ..] => findings.holds(how, "a test", Err(what.join(" "))),
            other => findings.holds("pgjdbc", "prints what is understood", Err(format!("{other:?}"))),
        }
    }
}

/// unixODBC's own prompt.
fn isql(server: &SqlServer) -> Result<(), String> {
    let login = server.login("admin");
    let connection = format!(
        "Driver={ODBC_DRIVER};Server={};Port={};Database=touchload;Uid={};Pwd={};SSLmode=disable",
        login.address.ip(),
        login.address.port(),
        login.user,
        login.password,
    );
    let mut child = Command::new("isql")
        .args(["-k", &connection, "-b", "-d,", "-v"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let asked = b"SELECT event_id, version, status FROM touchpoint_log WHERE event_id = 'c2'\n\n";
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), asked).map_err(|error| error.to_string())?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.contains("c2,0,completed") {
        Ok(())
    } else {
        Err(format!("{said} {}", String::from_utf8_lossy(&output.stderr)))
    }
}
