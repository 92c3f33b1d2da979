//! Whoever is let in, or is not, and wants more than reading: statements, files, other people's schemas, medical records,
//! passwords, the protocol itself.
//!
//! Every statement goes by both protocols and as several users. After all of it the tables are what they were, no file is made
//! or read, and the server answers as before. All faults are told at once.

use crate::imports::Folder;
use crate::postgres_client::{Answer, LOST, Login, PostgresClient, Refused};
use crate::run_process::until;
use crate::sql_server::SqlServer;
use crate::sqllogic;
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What would change, make, copy, lock or configure something. `{folder}` is one that the server could write to.
const STATEMENTS: &str = include_str!("../wire/attacks/statements.sql");
/// What would read a file, a URL or another process, or tell of the machine.
const READING: &str = include_str!("../wire/attacks/reading.sql");
/// What would make a commercial reader another one.
const ESCAPES: &str = include_str!("../wire/attacks/escapes.sql");
/// SQLSTATEs with which something may be refused for good: not allowed, read-only, not supported, no syntax, no such thing, no
/// value. Never an internal error, which would be a bug, and never a limit, which would be luck.
const REFUSALS: [&str; 18] = [
    "25006", "42501", "0A000", "42601", "42P01", "42883", "42703", "42704", "3F000", "3D000", "55P02", "22023",
    "25P01", "34000", "26000", "42809", "42P02", "42602",
];
/// What stands in files of the machine.
const SECRETS: [&str; 3] = ["root:", "daemon:", "secret,of,a,file"];

fn statements(text: &str, folder: &Path) -> Vec<String> {
    let text = text.replace("{folder}", &folder.display().to_string());
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.map(str::to_owned).collect()
}

/// By the simple and by the extended protocol.
fn both(client: &mut PostgresClient, sql: &str) -> [Result<Answer, Refused>; 2] {
    [client.one(sql), client.extended(sql, &[])]
}

/// What is wrong with the outcome of a statement that must be refused.
fn not_refused(sql: &str, outcome: &Result<Answer, Refused>) -> Option<String> {
    let said = match outcome {
        Ok(answer) => return Some(format!("{sql}\n    was answered {} {:?}", answer.tag, answer.rows.first())),
        Err(refused) => refused,
    };
    let text = said.to_string();
    let leaked = SECRETS.iter().any(|secret| text.contains(secret));
    (!REFUSALS.contains(&said.code.as_str()) || leaked).then(|| format!("{sql}\n    {text}"))
}

/// Every file below a folder with its bytes, but for what the server writes by itself.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.display().to_string());
            }
        }
    }
    found
}

fn tables(client: &mut PostgresClient) -> Vec<Answer> {
    let counts = "SELECT (SELECT count(*) FROM touchpoint_log) AS a, (SELECT count(*) FROM touchpoints) AS b, \
                  (SELECT count(*) FROM dead_letters) AS c, (SELECT max(touches) FROM hcp_metrics_at('2026-03-12')) AS d";
    let settings = "SELECT name, setting FROM pg_catalog.pg_settings ORDER BY name";
    [counts, settings].map(|sql| client.one(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))).to_vec()
}

#[test]
fn nothing_but_reading_is_possible() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "", &[]);
    let place = tempfile::tempdir().expect("a folder");
    fs::write(place.path().join("there.csv"), "secret,of,a,file\n1,2,3,4\n").expect("a file");
    let mut watcher = server.connect("admin").expect("a connection");
    let (before, there) = (tables(&mut watcher), files(place.path()));
    let mut faults = Vec::new();
    for role in ["admin", "commercial"] {
        let mut client = server.connect(role).expect("a connection");
        for sql in [STATEMENTS, READING].iter().flat_map(|text| statements(text, place.path())) {
            for outcome in both(&mut client, &sql) {
                faults.extend(not_refused(&sql, &outcome).map(|fault| format!("{role}: {fault}")));
                if matches!(&outcome, Err(error) if error.code == LOST) {
                    client = server.connect(role).expect("the server is still there");
                }
            }
            // What is refused inside a transaction, or behind another statement, is refused all the same.
            let hidden = format!("SELECT 1; {sql}");
            faults.extend(not_refused(&hidden, &client.one(&hidden)).map(|fault| format!("{role}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let mut watcher = server.connect("admin").expect("the server is still there");
    assert_eq!(tables(&mut watcher), before, "something was changed");
    assert_eq!(files(place.path()), there, "a file was made");
    drop(watcher);
    server.run.stop();
}

/// A commercial reader sees no medical row and no number that one moved, and becomes nobody else.
#[test]
fn a_commercial_reader_stays_one() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "", &[]);
    let mut client = server.connect("commercial").expect("a connection");
    let mut faults = Vec::new();
    for sql in statements(ESCAPES, folder.data().as_path()) {
        for outcome in both(&mut client, &sql) {
            faults.extend(not_refused(&sql, &outcome));
        }
    }
    // Whatever was tried: these are the numbers without the medical call and the request.
    let seen = [
        ("SELECT count(*) FROM touchpoint_log", "8"),
        ("SELECT count(*) FROM touchpoint_log WHERE business_function = 'medical' OR kind = 'requests'", "0"),
        ("SELECT count(*) FROM touchpoints WHERE channel IN ('video', 'medical_request')", "0"),
        ("SELECT touches FROM hcp_metrics_at('2026-03-12') WHERE hcp_id = 'h1' AND \"window\" = '28d'", "3"),
        ("SELECT sum(requests) FROM hcp_metrics_at('2026-03-12')", "0"),
        ("SELECT count(*) FROM dead_letters WHERE kind = 'requests'", "0"),
    ];
    for (sql, expected) in seen {
        match client.one(sql) {
            Ok(answer) if answer.rows == [vec![Some(expected.to_owned())]] => {}
            other => faults.push(format!("{sql}: {other:?} instead of {expected}")),
        }
    }
    for sql in
        ["EXPLAIN ANALYZE VERBOSE SELECT * FROM touchpoints", "EXPLAIN VERBOSE SELECT count(*) FROM touchpoint_log"]
    {
        if let Ok(answer) = client.one(sql) {
            let text = format!("{:?}", answer.rows);
            if ["output_rows=9", "msl-c", "data/touchpoint_log", ".parquet"]
                .iter()
                .any(|telling| text.contains(telling))
            {
                faults.push(format!("{sql} tells {text}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    drop(client);
    server.run.stop();
}

/// Two readings of what commercial readers may see, around one medical record: nothing has changed.
#[test]
fn medical_activity_is_not_had_by_differencing() {
    let mut folder = sqllogic::happened();
    let before = everything_commercial(&folder);
    let medical = folder.write(
        "medical.ndjson",
        [
            br#"{"event_id":"secret-1","hcp_id":"h1","occurred_at":"2026-03-11T15:00:00Z","status":"completed","channel":"video","owner_id":"msl-x","business_function":"medical","theme":"t9"}"#.as_slice(),
            br#"{"event_id":"secret-2","hcp_id":"h9","occurred_at":"2026-03-11T15:00:00Z","status":"completed","channel":"face_to_face","owner_id":"msl-x","business_function":"medical"}"#,
        ],
    );
    folder.import(&[(touchpoint::Kind::Calls, medical)], &[]);
    let after = everything_commercial(&folder);
    let told: Vec<String> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|(b, a)| format!("{b}\n  {a}"))
        .collect();
    assert!(told.is_empty() && before.len() == after.len(), "a medical record shows in\n{}", told.join("\n"));
}

/// Every row of every table and view that a commercial reader finds, and the metrics of an instant after all of it.
fn everything_commercial(folder: &Folder) -> Vec<String> {
    let server = SqlServer::start(&folder.data(), "", &[]);
    let mut client = server.connect("commercial").expect("a connection");
    let listed = client
        .one("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name")
        .expect("tables");
    let names: Vec<String> = listed.rows.concat().into_iter().flatten().collect();
    assert!(names.len() >= 5, "{names:?}");
    // Of the tables of the pipeline itself (when it read, where it stands) some move by themselves.
    let mut told = Vec::new();
    for name in names.iter().filter(|name| *name != "lineage") {
        let columns = client.one(&format!("SELECT * FROM \"{name}\" LIMIT 0")).map(|answer| answer.columns);
        let kept = columns.unwrap_or_else(|error| panic!("{name}: {error}")).into_iter().map(|column| column.name);
        let moving = [
            "as_of",
            "ingested_at",
            "computed_at",
            "interruption_load",
            "visits_per_week",
            "kafka_topic",
            "load_p50",
            "load_p90",
            "load_sum",
        ];
        let kept: Vec<String> =
            kept.filter(|name| !moving.contains(&name.as_str())).map(|n| format!("\"{n}\"")).collect();
        let sql = format!("SELECT {} FROM \"{name}\"", kept.join(", "));
        let answer = client.one(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut rows: Vec<String> = answer.rows.iter().map(|row| format!("{name}: {row:?}")).collect();
        rows.sort();
        told.extend(rows);
    }
    let at = "SELECT * FROM hcp_metrics_at('2026-03-12') ORDER BY hcp_id, \"window\"";
    told.extend(client.one(at).expect("metrics").rows.iter().map(|row| format!("{row:?}")));
    drop(client);
    server.run.stop();
    told
}

#[test]
fn nobody_gets_in_without_the_password() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "", &[]);
    let refused = |user: &str, password: &str| {
        let login = Login { address: server.address(), user: user.to_owned(), password: password.to_owned() };
        PostgresClient::connect(&login).err().unwrap_or_else(|| panic!("{user} with {password:?} got in"))
    };
    let wrong = refused("admin", "guess");
    let unknown = refused("nobody", "guess");
    assert_eq!((wrong.code.as_str(), unknown.code.as_str()), ("28P01", "28P01"));
    assert_eq!(wrong.message.replace("admin", "X"), unknown.message.replace("nobody", "X"), "who exists is told");
    for (user, password) in [
        ("admin", ""),
        ("", "admin-password"),
        ("ADMIN", "admin-password"),
        ("admin", "medical-password"),
        ("postgres", ""),
    ] {
        assert!(refused(user, password).code.starts_with("28"), "{user:?}");
    }
    // One who does not even try to prove it.
    let mut bold = TcpStream::connect(server.address()).expect("it listens");
    bold.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    bold.write_all(&startup("admin")).expect("sent");
    bold.write_all(&framed(b'Q', b"SELECT 1\0")).expect("sent");
    let (said, _) = until_closed(&mut bold);
    assert!(!said.contains("SELECT 1") && said.contains("FATAL"), "{said:?}");
    assert!(server.run.metric("touchload_sql_rejected_total") >= 7.0);
    assert!(!server.run.has_said("guess") && !server.run.has_said("admin-password"), "a password in the log");
    let mut client = server.connect("admin").expect("the right password");
    assert_eq!(client.one("SELECT 1").expect("an answer").tag, "SELECT 1");
    drop(client);
    server.run.stop();
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

fn startup(user: &str) -> Vec<u8> {
    let body = [&196_608_u32.to_be_bytes()[..], format!("user\0{user}\0database\0touchload\0\0").as_bytes()].concat();
    [&u32::try_from(body.len() + 4).expect("short").to_be_bytes()[..], &body].concat()
}

/// What a server says until it closes, and whether it does.
fn until_closed(stream: &mut TcpStream) -> (String, bool) {
    let mut said = Vec::new();
    let outcome = stream.read_to_end(&mut said);
    // A reset is an end too; a time-out is none.
    let waited = outcome.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    (String::from_utf8_lossy(&said).into_owned(), !waited)
}

/// Before anybody has logged in: bytes that mean nothing, lengths that no message has, silence.
#[test]
fn strangers_cost_little_and_hold_nobody_up() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "sql.login_timeout = \"2s\"\n", &[]);
    let endless = [0x7f, 0xff, 0xff, 0xff];
    let greedy = [&endless[..], &[0; 4096]].concat();
    let greedy_password = [startup("admin"), vec![b'p'], endless.to_vec(), vec![0; 4096]].concat();
    let nothing_said: Vec<u8> = vec![0, 0, 0, 8];
    let inputs: [&[u8]; 9] = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &greedy,
        &greedy_password,
        &nothing_said,
        &[0, 0, 0, 4],
        &[0, 0, 0, 0],
        &[0xff; 512],
        &[0, 0, 0, 9, 0, 3, 0, 0, 1],
    ];
    let memory = resident(&server);
    let silent: Vec<TcpStream> = (0..100).filter_map(|_| TcpStream::connect(server.address()).ok()).collect();
    for input in inputs {
        let mut stream = TcpStream::connect(server.address()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        // It may have closed before all is sent.
        stream.write_all(input).ok();
        stream.shutdown(std::net::Shutdown::Write).ok();
        let (said, closed) = until_closed(&mut stream);
        assert!(closed && said.len() < 4_096, "{input:?}: {said:?}, closed: {closed}");
        let mut client = server.connect("admin").expect("others are let in");
        assert_eq!(client.one("SELECT 1").expect("an answer").tag, "SELECT 1");
    }
    assert!(resident(&server) < memory + (256 << 20), "memory was taken for what was only announced");
    // Who says nothing is shown the door.
    let mut last = silent.into_iter().next_back().expect("connections");
    last.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    assert!(until_closed(&mut last).1, "a client that says nothing is kept");
    assert!(!server.run.has_said("panicked"));
    server.run.stop();
}

/// Bytes of memory that the server's process holds.
fn resident(server: &SqlServer) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{}/statm", server.run.id())).expect("Linux's /proc");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number of pages") * 4_096
}

/// With TLS nobody is let in without it, and without its key the server does not start.
#[test]
fn tls_fails_closed() {
    let folder = sqllogic::happened();
    let place = tempfile::tempdir().expect("a folder");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(place.path())
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return crate::test_setup::skip("openssl is missing").unwrap_or_default();
    }
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| place.path().join(name).display().to_string());
    let settings = format!("sql.tls_certificate = {certificate:?}\nsql.tls_key = {key:?}\n");
    let server = SqlServer::start(&folder.data(), &settings, &[]);
    let plain = server.connect("admin").err().expect("in plain");
    assert!(plain.code.starts_with("28"), "{plain}");
    let psql = |mode: &str| {
        Command::new("psql")
            .args(["-X", "-A", "-t", "-c", "SELECT 'in'"])
            .envs(server.variables("admin"))
            .env("PGSSLMODE", mode)
            .env("PGSSLROOTCERT", &certificate)
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if let Ok(said) = psql("verify-full") {
        assert_eq!(said, "in", "TLS with the right authority");
        assert_eq!(psql("disable").expect("psql"), "", "in plain");
    }
    server.run.stop();
}

/// Slow readers hold their own connection up and nothing else.
#[test]
fn a_slow_reader_holds_nobody_up() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), "", &[]);
    let memory = resident(&server);
    let mut slow: Vec<PostgresClient> = (0..8).map(|_| server.connect("analyst").expect("a connection")).collect();
    for client in &mut slow {
        client
            .ask("SELECT value, repeat('x', 1000) AS padding FROM generate_series(1, 2000000) AS g (value)")
            .expect("asked");
    }
    until("the statements to run", || (server.run.metric("touchload_sql_active_queries") >= 8.0).then_some(()));
    let mut quick = server.connect("admin").expect("a connection");
    for _ in 0..20 {
        assert_eq!(quick.one("SELECT count(*) FROM touchpoint_log").expect("an answer").tag, "SELECT 1");
    }
    assert!(resident(&server) < memory + (512 << 20), "rows pile up for readers that do not take them");
    drop(slow);
    until("what they ran to end", || (server.run.metric("touchload_sql_active_queries") <= 0.0).then_some(()));
    drop(quick);
    server.run.stop();
}
