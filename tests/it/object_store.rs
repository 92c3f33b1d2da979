//! Tables on an object store: a real S3 server, the same commands, the same numbers, and one winner of every race.

use crate::imports::{END, Folder, nothing_known, option, simulated, text};
use crate::kafka_job::{ALL_PARTITIONS, Job, KafkaJob};
use crate::object_store_server::{Fault, ObjectStoreServer, SECRET};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};
use store::{CommitError, Cycle, OpenMode, Owner, Store, StoreError};
use touchpoint::{Kind, NextOffsets, TopicPartition};

const TABLES: [&str; 3] = ["touchpoint_log", "dead_letters", "hcp_metrics"];

fn touchload(server: &ObjectStoreServer) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.arg("-q").envs(server.environment());
    command
}

fn import(server: &ObjectStoreServer, data: &str, files: &[(Kind, PathBuf)]) -> Output {
    let mut command = touchload(server);
    command.args(["import", "--daily", "--data", data]);
    for (kind, path) in files {
        command.arg(option(*kind)).arg(path);
    }
    command.output().expect("touchload starts")
}

/// What a command printed; it must have ended well, and have shown no secret.
fn said(output: Output) -> String {
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{}:\n{error}", output.status);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains(SECRET) && !error.contains(SECRET), "a secret is shown:\n{text}{error}");
    text
}

/// What a command that failed with `code` wrote to standard error.
fn refused(mut command: Command, code: i32) -> String {
    let output = command.output().expect("touchload starts");
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(!error.contains(SECRET), "a secret is shown:\n{error}");
    error
}

fn sql(server: &ObjectStoreServer, data: &str, statement: &str) -> String {
    let arguments = ["sql", "--format", "csv", "--data", data, "-c", statement];
    said(touchload(server).args(arguments).output().expect("touchload starts"))
}

fn counts(server: &ObjectStoreServer, data: &str) -> Vec<String> {
    let count = |table: &&str| {
        let printed = sql(server, data, &format!("SELECT count(*) FROM {table}"));
        printed.lines().last().expect("a count").to_owned()
    };
    TABLES.iter().map(count).collect()
}

#[test]
fn an_import_into_a_bucket_is_that_into_a_folder() {
    let Some(server) = ObjectStoreServer::start(Fault::LosesReplies(4)) else { return };
    let data = server.data("a/company");
    let mut folder = Folder::new(nothing_known());
    let sent = simulated(60, 40, 12);
    let mut files = folder.write_kinds("all", &sent);
    let again = sent.iter().find(|s| s.kind == Kind::Calls).expect("a call");
    files.push((Kind::Calls, folder.write("bad.ndjson", [&again.payload[..], b"no JSON", b"{}"])));
    said(import(&server, &data, &files));
    folder.import(&files, &["--daily"]);
    let local = folder.data().display().to_string();

    let imported = counts(&server, &data);
    assert_eq!(imported, counts(&server, &local));
    assert!(imported.iter().all(|n| n != "0"), "{imported:?}");
    for at in [END, END - 9 * touchpoint::time::DAY] {
        let metrics = format!("SELECT * FROM hcp_metrics_at('{}') ORDER BY hcp_id, \"window\"", text(at));
        let there = sql(&server, &data, &metrics);
        assert!(there.lines().count() > 100, "{there}");
        assert_eq!(there, sql(&server, &local, &metrics));
    }
    let seen = server.read_by_python("a/company");
    for (table, rows) in TABLES.iter().zip(&imported) {
        assert_eq!(seen[table]["rows"].to_string(), *rows, "{table}");
        assert_eq!(seen[table]["positions"], seen[table]["rows"], "a key of {table} stands twice");
    }

    said(import(&server, &data, &files));
    assert_eq!(counts(&server, &data), imported, "a second time adds nothing");
    assert!(server.said().contains("lost the reply"), "no reply was lost:\n{}", server.said());
}

#[test]
fn a_job_over_a_bucket_is_exact_through_kills_restarts_and_lost_replies() {
    let Some(server) = ObjectStoreServer::start(Fault::LosesReplies(7)) else { return };
    let Some(mut stage) = KafkaJob::stage_in_bucket(8, server) else { return };
    let part = stage.left() / 4;
    let mut killed = stage.start(Job { instance: Some("one"), ..Job::named("killed") });
    killed.wait_assigned(ALL_PARTITIONS);
    stage.feed(part);
    stage.wait_landed(&mut [&mut killed]);
    stage.feed(part);
    killed.kill();
    let mut stopped = stage.start(Job { instance: Some("one"), ..Job::named("stopped") });
    stage.wait_landed(&mut [&mut stopped]);
    stopped.stop();
    stage.feed(stage.left());
    let mut last = stage.start(Job { instance: Some("one"), ..Job::named("last") });
    stage.wait_landed(&mut [&mut last]);
    last.stop();
    stage.check();
    let server = stage.server().expect("a bucket");
    assert!(server.said().contains("lost the reply"), "no reply was lost:\n{}", server.said());
}

fn calls(partition: i32) -> TopicPartition {
    TopicPartition::new(Kind::Calls.default_topic(), partition)
}

/// A cycle that moves one offset.
fn moving(partition: i32, next: i64) -> Cycle {
    Cycle { next: NextOffsets::from([(calls(partition), next)]), ..Cycle::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_race_for_a_version_get_one_each() {
    let Some(server) = ObjectStoreServer::start(Fault::None) else { return };
    let owner = Owner::new("race", "cluster");
    let open = || Store::open_at(server.location("race"), OpenMode::CreateIfMissing);
    let (one, other) = tokio::join!(open(), open());
    let (one, other) = (one.expect("tables"), other.expect("tables"));
    one.acquire(&owner, &[calls(0)]).await.expect("acquired");
    other.acquire(&owner, &[calls(1)]).await.expect("acquired");
    let (mut versions, mut conflicts) = (BTreeSet::new(), 0);
    for round in 1..=12 {
        let (left, right) = tokio::join!(one.commit(&owner, moving(0, round)), other.commit(&owner, moving(1, round)));
        for landed in [left, right].map(|done| done.expect("both land").log.expect("an offset moved")) {
            assert!(versions.insert(landed.version), "version {} was given twice", landed.version);
            conflicts += landed.conflicts;
        }
    }
    assert_eq!(versions, (1..=24).collect());
    assert!(conflicts > 0, "nobody ever raced");
    let held = one.acquire(&owner, &[calls(0), calls(1)]).await.expect("acquired").next;
    assert!(held.values().all(|next| *next == Some(12)), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_of_a_partition_one_commits_and_one_is_fenced() {
    let Some(server) = ObjectStoreServer::start(Fault::None) else { return };
    let owner = Owner::new("race", "cluster");
    for round in 0..5 {
        let prefix = format!("fence/{round}");
        let open = || Store::open_at(server.location(&prefix), OpenMode::CreateIfMissing);
        let (one, other) = (open().await.expect("tables"), open().await.expect("tables"));
        one.acquire(&owner, &[calls(0)]).await.expect("acquired");
        other.acquire(&owner, &[calls(0)]).await.expect("acquired");
        let (left, right) = tokio::join!(one.commit(&owner, moving(0, 5)), other.commit(&owner, moving(0, 7)));
        let fenced = |done: &Result<_, CommitError>| matches!(done, Err(CommitError::OwnershipLost { .. }));
        assert!(left.is_ok() && fenced(&right) || right.is_ok() && fenced(&left), "{left:?} {right:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_ignores_conditions_is_refused_before_a_table_is_created() {
    let Some(server) = ObjectStoreServer::start(Fault::IgnoresConditions) else { return };
    let folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(5, 5, 1));
    let output = import(&server, &server.data("nowhere"), &files);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("s3://touchload-tests/nowhere") && error.contains("If-None-Match"), "{error}");
    let left = Store::open_at(server.location("nowhere"), OpenMode::MustExist).await;
    assert!(matches!(left, Err(StoreError::Missing { .. })), "{left:?}");
}

#[test]
fn tls_is_spoken_and_an_unknown_certificate_refused() {
    let Some(server) = ObjectStoreServer::start(Fault::SelfSigned) else { return };
    let folder = Folder::new(nothing_known());
    let (kind, file) = folder.write_kinds("all", &simulated(5, 5, 1)).swap_remove(0);
    let importing = |trust: &str| {
        let mut command = touchload(&server);
        command.env("AWS_ALLOW_INVALID_CERTIFICATES", trust);
        command.args(["import", "--data", &server.data("x"), option(kind)]).arg(&file);
        command
    };
    let error = refused(importing("false"), 1);
    assert!(error.contains("s3://touchload-tests/x") && error.contains("check network"), "{error}");
    said(importing("true").output().expect("touchload starts"));
}

#[test]
fn a_demo_keeps_to_empty_and_demo_made_prefixes() {
    let Some(server) = ObjectStoreServer::start(Fault::None) else { return };
    let folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(5, 5, 1));
    said(import(&server, &server.data("real"), &files));
    let demo = |prefix: &str| {
        let mut command = touchload(&server);
        command.args([
            "demo",
            "--no-view",
            "--hcps",
            "30",
            "--rate",
            "50",
            "--for",
            "3s",
            "--http",
            "127.0.0.1:0",
            "--sql",
            "127.0.0.1:0",
        ]);
        command.args(["--data", &server.data(prefix)]);
        command
    };
    let error = refused(demo("real"), 1);
    assert!(error.contains("s3://touchload-tests/real was not made by a demo"), "{error}");
    let first = said(demo("shown").output().expect("touchload starts"));
    assert!(first.contains("s3://touchload-tests/shown"), "{first}");
    said(demo("shown").output().expect("touchload starts"));
    said(import(&server, &server.data("shown"), &files));
    refused(demo("shown"), 1);
}

#[test]
fn what_is_wrong_with_a_place_is_said_with_its_name_and_without_secrets() {
    let Some(server) = ObjectStoreServer::start(Fault::None) else { return };
    let folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(5, 5, 1));
    let importing = |data: &str| {
        let mut command = touchload(&server);
        command.args(["import", "--data", data, option(files[0].0)]).arg(&files[0].1);
        command
    };
    let reading = |data: &str| {
        let mut command = touchload(&server);
        command.args(["sql", "--data", data, "-c", "SELECT 1"]);
        command
    };
    let mut unreachable = importing(&server.data("x"));
    unreachable.env("AWS_ENDPOINT", "http://127.0.0.1:1");
    for (command, parts, code) in [
        (importing("s3://no-such-bucket/x"), ["s3://no-such-bucket/x", "no such bucket"], 1),
        (reading("s3://no-such-bucket/x"), ["s3://no-such-bucket/x", "does not exist"], 1),
        (reading(&server.data("empty")), ["s3://touchload-tests/empty", "does not exist"], 1),
        (reading("ftp://host/x"), ["ftp://host/x", "s3://, s3a://, gs://, az://"], 2),
        (reading("s3://me:hunter2-and-more@bucket/x"), ["s3://bucket/x", "credentials"], 2),
        (unreachable, ["s3://touchload-tests/x", "trying again may help"], 1),
    ] {
        let error = refused(command, code);
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} in: {error}");
    }
}
