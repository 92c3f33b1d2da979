//! The main job against a real Kafka, where nothing goes wrong or only in order: restarts, and processes that share the
//! work. After each, the ledger is exact.

use crate::kafka_job::{ALL_PARTITIONS, Job, KafkaJob};
use crate::kafka_ledger::Partitioner;
use crate::run_process::until;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn a_restarted_job_goes_on_where_it_stopped() {
    let Some(mut stage) = KafkaJob::stage(1) else { return };
    stage.feed(stage.left() / 2);
    let mut first = stage.start(Job::named("first"));
    first.wait_ready();
    stage.wait_landed(&mut [&mut first]);
    first.stop();
    stage.feed(stage.left());
    let noticed = catch_unwind(AssertUnwindSafe(|| stage.check()));
    assert!(noticed.is_err(), "a ledger that does not notice what is missing proves nothing");
    let mut second = stage.start(Job::named("second"));
    second.wait_assigned(ALL_PARTITIONS);
    stage.wait_landed(&mut [&mut second]);
    second.stop();
    stage.check();
}

#[test]
fn processes_share_the_work_and_take_over_from_a_killed_one() {
    let Some(mut stage) = KafkaJob::stage(2) else { return };
    let third = stage.left() / 3;
    let mut killed = stage.start(Job::named("killed"));
    let mut survivor = stage.start(Job::named("survivor"));
    killed.wait_assigned(ALL_PARTITIONS / 2);
    survivor.wait_assigned(ALL_PARTITIONS / 2);
    stage.feed(third);
    stage.wait_landed(&mut [&mut killed, &mut survivor]);
    stage.feed(third / 2);
    killed.kill();
    stage.feed(third / 2);
    survivor.wait_assigned(ALL_PARTITIONS);
    stage.wait_landed(&mut [&mut survivor]);
    let mut joined = stage.start(Job::named("joined"));
    stage.feed(third / 2);
    joined.wait_assigned(ALL_PARTITIONS / 2);
    survivor.wait_assigned(ALL_PARTITIONS / 2);
    stage.feed(stage.left());
    stage.wait_landed(&mut [&mut survivor, &mut joined]);
    joined.stop();
    survivor.wait_assigned(ALL_PARTITIONS);
    survivor.stop();
    stage.check();
}

#[test]
fn a_producer_that_hashes_otherwise_stops_who_shares_the_work() {
    let Some(mut stage) = KafkaJob::stage(7) else { return };
    let mut both = [stage.start(Job::named("first")), stage.start(Job::named("second"))];
    both.iter_mut().for_each(|process| process.wait_assigned(ALL_PARTITIONS / 2));
    stage.feed_by(Partitioner::Crc32, stage.left() / 4);
    let (ended, status) = until("a process to stop", || {
        both.iter_mut().enumerate().find_map(|(index, process)| Some((index, process.ended()?)))
    });
    let said = both[ended].said();
    assert_eq!(status.code(), Some(1), "{said}");
    for part in ["a record of topic engagement.", "where partitioner murmur2 would not put its key"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
}
