//! Everything that may go wrong around the main job, against a real Kafka: a process frozen beyond its session, a broker
//! that goes away, a process that dies at every named point of a commit and at random moments. After each, the ledger is
//! exact.

use crate::kafka_job::{ALL_PARTITIONS, Job, KafkaJob};
use crate::run_process::{RunProcess, until};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::os::unix::process::ExitStatusExt;
use store::Table;
use store::commit::points;

/// Points passed unharmed before the process dies at the next one.
const SPARED: [usize; 2] = [0, 2];
/// Kills at moments that no point names.
const RANDOM_KILLS: usize = 6;
const SIGABRT: i32 = 6;
/// What the source and the pipeline count as read, committed or not.
const READ: &str = "touchload_batch_records_sum";
/// When the pipeline's loop last turned, in seconds.
const TURNED: &str = "touchload_loop_turn_timestamp_seconds";

#[test]
fn a_process_frozen_beyond_its_session_writes_nothing_when_it_wakes() {
    let Some(mut stage) = KafkaJob::stage(3) else { return };
    let part = stage.left() / 4;
    // It commits late, so that it is frozen with records that it has read and not committed.
    let mut frozen = stage.start(Job { commit_interval: "20s", ..Job::named("frozen") });
    frozen.wait_assigned(ALL_PARTITIONS);
    stage.feed(part);
    let all = part as f64;
    until("all records read", || {
        frozen.must_run();
        (frozen.metric(READ) >= all).then_some(())
    });
    assert_eq!(stage.landed(), 0, "the commit was to come later");
    frozen_until_others_have_gone_on(stage, frozen, part, None);
}

#[test]
fn a_process_frozen_inside_a_commit_is_fenced_when_it_wakes() {
    let Some(mut stage) = KafkaJob::stage(6) else { return };
    let part = stage.left() / 4;
    // Its first commit of the log comes five seconds after that of the dead letters: time to freeze it in between.
    let crash = Some("commit::before_log=1*sleep(5000)");
    let mut frozen = stage.start(Job { commit_interval: "3s", crash, ..Job::named("frozen") });
    frozen.wait_assigned(ALL_PARTITIONS);
    stage.feed(part);
    until("the commit of the dead letters", || {
        frozen.must_run();
        (stage.rows(Table::DeadLetters) > 0).then_some(())
    });
    assert_eq!(stage.rows(Table::TouchpointLog), 0, "the log's commit was to come later");
    // Whether it ends or lives on, whoever reads its log learns that a commit was stopped, and by what.
    frozen_until_others_have_gone_on(stage, frozen, part, Some("ownership of engagement."));
}

/// Freezes a process until another has taken over, wakes it, and holds the ledger against what both have done; the woken
/// one must have said `said`.
fn frozen_until_others_have_gone_on(mut stage: KafkaJob, mut frozen: RunProcess, part: usize, said: Option<&str>) {
    frozen.pause();
    let mut heir = stage.start(Job::named("heir"));
    heir.wait_assigned(ALL_PARTITIONS);
    stage.feed(part);
    stage.wait_landed(&mut [&mut heir]);
    frozen.resume();
    stage.feed(part);
    let rejoined = until("the woken process to end or to rejoin", || {
        let rejoined = frozen.assignments().len() > 1;
        (rejoined || frozen.ended().is_some()).then_some(rejoined)
    });
    assert!(said.is_none_or(|text| frozen.has_said(text)), "its log says:\n{}", frozen.said());
    stage.feed(stage.left());
    stage.wait_landed(&mut [&mut heir]);
    if rejoined && frozen.ended().is_none() {
        frozen.stop();
    }
    heir.stop();
    stage.check();
}

#[test]
fn a_job_outlives_its_broker() {
    let Some(mut stage) = KafkaJob::stage(4) else { return };
    let part = stage.left() / 4;
    let mut job = stage.start(Job::named("patient"));
    job.wait_assigned(ALL_PARTITIONS);
    stage.feed(part);
    stage.wait_landed(&mut [&mut job]);
    // A broker that hangs keeps its connections and answers nothing: the loop must turn all the same.
    stage.broker.pause();
    let turned = job.metric(TURNED);
    until("turns while the broker hangs", || {
        job.must_run();
        (job.metric(TURNED) > turned + 2.0).then_some(())
    });
    stage.broker.resume();
    stage.feed(part / 2);
    stage.wait_landed(&mut [&mut job]);
    stage.broker.stop();
    stage.broker.restart();
    stage.feed(part / 2);
    stage.wait_landed(&mut [&mut job]);
    stage.feed(part);
    stage.broker.kill();
    stage.broker.restart();
    stage.feed(stage.left());
    stage.wait_landed(&mut [&mut job]);
    job.stop();
    stage.check();
}

#[test]
fn a_job_killed_at_every_point_and_at_random_loses_and_doubles_nothing() {
    let Some(mut stage) = KafkaJob::stage(5) else { return };
    let slice = stage.left() / 160;
    let (mut kills, mut unsaid) = (0, Vec::new());
    for spared in SPARED {
        for point in [points::WRITTEN].into_iter().chain(points::LANDING).chain(points::ATTEMPT) {
            let name = format!("killed-{kills}");
            let crash = format!("{point}={spared}*off->panic");
            let job = Job { instance: Some("one"), crash: Some(&crash), ..Job::named(&name) };
            let process = stage.start(job);
            unsaid.extend(feed_until_it_dies(&mut stage, process, point, slice));
            kills += 1;
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..RANDOM_KILLS {
        let name = format!("killed-{kills}");
        let process = stage.start(Job { instance: Some("one"), ..Job::named(&name) });
        kill_at_random(&mut stage, process, slice, &mut rng);
        kills += 1;
    }
    assert!(unsaid.is_empty(), "died elsewhere than at its point:\n{}", unsaid.join("\n\n"));
    assert!(kills >= 20 && stage.left() > 0, "{kills} kills, {} records left", stage.left());
    stage.feed(stage.left());
    let mut last = stage.start(Job { instance: Some("one"), ..Job::named("last") });
    stage.wait_landed(&mut [&mut last]);
    last.stop();
    stage.check();
}

/// Publishes slice after slice, each when the one before has landed, until the process has died. Gives its log when that
/// does not name the point.
fn feed_until_it_dies(stage: &mut KafkaJob, mut process: RunProcess, point: &str, slice: usize) -> Option<String> {
    let status = loop {
        stage.feed(slice);
        let fed = stage.fed();
        let ended = until(&format!("a slice to land or death at {point}"), || match process.ended() {
            Some(status) => Some(Some(status)),
            None => (stage.landed() == fed).then_some(None),
        });
        if let Some(status) = ended {
            break status;
        }
        assert!(stage.left() > 0, "{point} was never reached");
    };
    assert_eq!(status.signal(), Some(SIGABRT), "{point}: {status}; its log says:\n{}", process.said());
    let said = process.has_said(&format!("failpoint {point} panic"));
    (!said).then(|| format!("{point}; its log says:\n{}", process.said()))
}

/// Kills while records flow: after some of them have been committed, and then some milliseconds later.
#[expect(clippy::disallowed_methods, reason = "a random moment is the fault injected, nothing is waited for")]
fn kill_at_random(stage: &mut KafkaJob, mut process: RunProcess, slice: usize, rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..4) {
        let before = stage.landed();
        stage.feed(slice);
        until("progress", || {
            process.must_run();
            (stage.landed() > before).then_some(())
        });
    }
    stage.feed(slice);
    std::thread::sleep(std::time::Duration::from_millis(rng.random_range(0..400)));
    process.kill();
}
