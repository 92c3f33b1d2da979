//! Statements that would never end, and what they cost everybody else: cancelled and timed out promptly, their memory given
//! back; two hundred clients of them while records come in, whose lag at most doubles.

use crate::imports::simulated;
use crate::postgres_client::{CancelKey, LOST, Login, PostgresClient, Refused};
use crate::run_process::until;
use crate::sql_server::{ROLES, SqlServer};
use crate::sqllogic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use touchload::publish::{Outgoing, Publisher, PublisherConfig};
use touchpoint::time::SECOND;
use touchpoint::{Clock, Kind};

const ACTIVE: &str = "touchload_sql_active_queries";
/// Bytes that running statements hold.
const RESERVED: &str = "touchload_sql_memory_reserved_bytes";
/// Hours of work, each in its own way: joining, sorting, grouping, generating, sending, letting nothing through.
const BOMBS: [&str; 9] = [
    "SELECT count(*) FROM generate_series(1, 300000) AS a (x), generate_series(1, 300000) AS b (y) WHERE a.x % 7 = b.y % 11",
    "SELECT a.x, b.y FROM generate_series(1, 100000) AS a (x), generate_series(1, 100000) AS b (y) ORDER BY a.x * b.y % 1000003",
    "SELECT x, count(*) FROM (SELECT a.x * b.y AS x FROM generate_series(1, 1000000) AS a (x), generate_series(1, 1000) AS b (y)) AS p GROUP BY x",
    "SELECT a.x, b.y FROM generate_series(1, 1000000) AS a (x), generate_series(1, 1000000) AS b (y)",
    "SELECT array_agg(a.x) FROM generate_series(1, 1000000) AS a (x), generate_series(1, 1000) AS b (y)",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT count(*) FROM touchpoint_log a, touchpoint_log b, touchpoint_log c, touchpoint_log d, touchpoint_log e, touchpoint_log f, \
     touchpoint_log g, touchpoint_log h, touchpoint_log i, touchpoint_log j, touchpoint_log k, touchpoint_log l",
    "SELECT count(*) FROM generate_series(1, 1000000) AS a (x) JOIN generate_series(1, 1000000) AS b (y) ON a.x * a.x + b.y * b.y < 0",
    "SELECT count(*) FROM generate_series(1, 1000000) AS a (x) JOIN generate_series(1, 1000000) AS b (y) ON a.x % 2 = b.y % 2 AND a.x + b.y < 0",
];
/// How a bomb may end: cancelled or timed out, no memory, a limit of rows, bytes or statements.
const ENDS: [&str; 6] = ["57014", "53200", "53400", "54000", "54001", "53300"];
/// So that a test reaches what there is.
const TIGHT: &str = "sql.memory = \"256MiB\"\nsql.memory_per_connection = \"64MiB\"\nsql.spill = \"256MiB\"\n";
/// From the word to the end of a statement: a second is promised, and a machine that is busy with other tests gets more.
const PROMPTLY: Duration = Duration::from_secs(5);
const CLIENTS: usize = 200;
/// Records of one look at the lag, how many at a time, and how often.
const RECORDS: usize = 1_600;
const SLICE: usize = 20;
const BETWEEN: Duration = Duration::from_millis(100);
/// Records of two of the eight seconds: lag below that is noise of two cores that have other tests too, whatever doubles.
const NOISE: u64 = 400;

/// Stops a statement again and again, from when it runs, until it has ended; tells when it first did.
fn stopped(server: &SqlServer, client: &mut PostgresClient, sql: &str) -> (Refused, Duration) {
    let (key, ended) = (client.cancel_key(), Arc::new(AtomicBool::new(false)));
    std::thread::scope(|scope| {
        let stopper = scope.spawn({
            let ended = ended.clone();
            move || {
                until("the statement to run or to end", || {
                    (server.run.metric(ACTIVE) >= 1.0 || ended.load(Ordering::Relaxed)).then_some(())
                });
                let began = Instant::now();
                cancel_until(key, &ended);
                began
            }
        });
        let outcome = client.count(sql);
        let at = Instant::now();
        ended.store(true, Ordering::Relaxed);
        let began = stopper.join().expect("no panic");
        let refused = outcome.err().unwrap_or_else(|| panic!("{sql} came to an end"));
        (refused, at.saturating_duration_since(began))
    })
}

/// One cancel may come between planning and running of a statement; a person presses the key again.
fn cancel_until(key: CancelKey, ended: &AtomicBool) {
    until("the statement to end", || {
        key.cancel().ok();
        ended.load(Ordering::Relaxed).then_some(())
    });
}

#[test]
fn cancel_and_time_out_stop_a_statement_and_free_its_memory() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), TIGHT, &[]);
    let mut client = server.connect("analyst").expect("a connection");
    let mut faults = Vec::new();
    for bomb in BOMBS {
        let (refused, took) = stopped(&server, &mut client, bomb);
        if !ENDS.contains(&refused.code.as_str()) || (refused.code == "57014" && took > PROMPTLY) {
            faults.push(format!("cancelled after {took:?}: {refused}\n    {bomb}"));
        }
        client = server.connect("analyst").expect("a connection");
        client.one("SET statement_timeout = '300ms'").expect("a time-out of one's own");
        let began = Instant::now();
        let outcome = client.count(bomb);
        let took = began.elapsed();
        match outcome {
            Err(refused) if ENDS.contains(&refused.code.as_str()) && took < Duration::from_millis(300) + PROMPTLY => {}
            other => faults.push(format!("timed out after {took:?}: {other:?}\n    {bomb}")),
        }
        client.one("RESET statement_timeout").expect("the connection goes on");
        if client.one("SELECT 1").map(|answer| answer.tag).as_deref() != Ok("SELECT 1") {
            faults.push(format!("the connection is lost after\n    {bomb}"));
        }
        until("nothing to run and its memory to be free", || {
            (server.run.metric(ACTIVE) <= 0.0 && server.run.metric(RESERVED) <= 0.0).then_some(())
        });
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(server.run.get("/metrics").is_some_and(|page| page.contains(RESERVED)), "memory is not told");
    // A client that goes away ends its statement too.
    client.ask(BOMBS[0]).expect("asked");
    until("it to run", || (server.run.metric(ACTIVE) >= 1.0).then_some(()));
    drop(client);
    until("it to end with its client", || (server.run.metric(ACTIVE) <= 0.0).then_some(()));
    server.run.stop();
}

#[test]
fn a_cancel_needs_its_key() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), TIGHT, &[]);
    let mut client = server.connect("analyst").expect("a connection");
    client.one("SET statement_timeout = '2s'").expect("set");
    let key = client.cancel_key().guessed();
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| {
            until("the statement to run", || (server.run.metric(ACTIVE) >= 1.0).then_some(()));
            (0..20).for_each(|_| key.cancel().unwrap_or_default());
        });
        client.count(BOMBS[0]).expect_err("it does not end")
    });
    assert_eq!(refused.code, "57014");
    assert!(refused.message.contains("timeout"), "a stranger stopped it: {refused}");
    drop(client);
    server.run.stop();
}

/// What an attack is told, by SQLSTATE.
#[derive(Default)]
struct Told {
    let_in: AtomicUsize,
    full: AtomicUsize,
    ended: AtomicUsize,
    otherwise: std::sync::Mutex<Vec<String>>,
}

/// One client: logs in and asks for one bomb after another until it is over.
fn attack(login: &Login, number: usize, over: &AtomicBool, told: &Told) {
    let mut client = match PostgresClient::connect(login) {
        Ok(client) => client,
        // Whose login takes ten seconds, since everybody's is computed on two cores, is shown out without a word.
        Err(refused) if refused.code == "53300" || refused.code == LOST => {
            told.full.fetch_add(1, Ordering::Relaxed);
            return;
        }
        Err(refused) => return told.otherwise.lock().expect("whole").push(format!("login: {refused}")),
    };
    told.let_in.fetch_add(1, Ordering::Relaxed);
    let mut next = number;
    while !over.load(Ordering::Relaxed) {
        let bomb = BOMBS[next % BOMBS.len()];
        next += 1;
        let outcome = client.one("SET statement_timeout = '1s'").and_then(|_| client.count(bomb));
        match outcome {
            Ok((rows, _)) => told.otherwise.lock().expect("whole").push(format!("{rows} rows of {bomb}")),
            Err(refused) if ENDS.contains(&refused.code.as_str()) => {
                told.ended.fetch_add(1, Ordering::Relaxed);
            }
            Err(refused) if refused.code == LOST && over.load(Ordering::Relaxed) => return,
            Err(refused) => return told.otherwise.lock().expect("whole").push(format!("{refused} of {bomb}")),
        }
    }
}

/// Sends records at an even pace and tells how far reading was behind at most, in records.
fn lag(server: &SqlServer, seed: u64) -> u64 {
    let records = simulated(400, 40, seed);
    assert!(records.len() >= RECORDS, "{} records", records.len());
    let read = || server.run.metric("touchload_records_total") as u64;
    let before = read();
    let mut publisher = Publisher::connect(&PublisherConfig::new(server.broker.bootstrap_servers())).expect("a broker");
    let (mut most, mut sent, stop) = (0, 0_u64, CancellationToken::new());
    let timestamp = touchload::clock::SystemClock.now() / SECOND * SECOND;
    for slice in records[..RECORDS].chunks(SLICE) {
        for record in slice {
            let kind: Kind = record.kind;
            let outgoing =
                Outgoing { kind, key: Some(record.hcp_id.as_bytes()), payload: Some(&record.payload), timestamp };
            publisher.send(&outgoing, &stop).expect("sent");
            sent += 1;
        }
        publisher.serve(BETWEEN);
        most = most.max(sent.saturating_sub(read() - before));
    }
    publisher.finish(Duration::from_secs(30)).expect("answered");
    until("everything to be read", || (read() - before >= sent).then_some(()));
    most
}

#[test]
fn two_hundred_clients_of_bombs_do_not_hold_ingest_up() {
    let folder = sqllogic::happened();
    let server = SqlServer::start(&folder.data(), TIGHT, &[]);
    let quiet = lag(&server, 31);
    let (over, told) = (AtomicBool::new(false), Told::default());
    let attacked = std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (login, over, told) = (server.login(ROLES[number % ROLES.len()]), &over, &told);
            scope.spawn(move || attack(&login, number, over, told));
        }
        until("the attack to begin", || (told.ended.load(Ordering::Relaxed) > 10).then_some(()));
        let attacked = lag(&server, 32);
        over.store(true, Ordering::Relaxed);
        attacked
    });
    let otherwise = told.otherwise.into_inner().expect("whole");
    assert!(otherwise.is_empty(), "{} were told something else:\n{}", otherwise.len(), otherwise.join("\n"));
    let [let_in, full] = [told.let_in, told.full].map(AtomicUsize::into_inner);
    assert!(let_in >= 8 && let_in + full == CLIENTS, "{let_in} were let in, {full} were shown out");
    assert!(attacked <= 2 * quiet + NOISE, "{attacked} records behind under attack, {quiet} without");
    until("the memory to be free", || (server.run.metric(ACTIVE) + server.run.metric(RESERVED) <= 0.0).then_some(()));
    let mut client = server.connect("admin").expect("the server is still there");
    assert_eq!(client.one("SELECT count(*) FROM touchpoint_log").expect("an answer").tag, "SELECT 1");
    drop(client);
    server.run.stop();
}
