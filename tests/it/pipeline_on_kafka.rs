//! The main job against a real Kafka, where nothing goes wrong or only in order: restarts, and processes that share the
//! work. After each, the ledger is exact.

use crate::kafka_job::{ALL_PARTITIONS, Job, KafkaJob, SILENT_TARGET};
use crate::kafka_ledger::Partitioner;
use crate::run_process::{RunProcess, until};
use serde_json::{Value, json};
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
fn of_processes_that_share_the_work_one_answers_for_an_hcp_without_records() {
    let Some(mut stage) = KafkaJob::stage(3) else { return };
    let mut both = [stage.start(Job::named("first")), stage.start(Job::named("second"))];
    both.iter_mut().for_each(|process| process.wait_assigned(ALL_PARTITIONS / 2));
    stage.feed(stage.left() / 4);
    stage.wait_landed(&mut both.iter_mut().collect::<Vec<_>>());
    let strangers: Vec<String> = (0..40).map(|n| format!("stranger-{n}")).collect();
    let asked: Vec<&str> = strangers.iter().map(String::as_str).chain([SILENT_TARGET]).collect();
    let answers = both.each_ref().map(|process| first_reasons(process, &asked));
    let answered = |of: usize| answers[of].iter().filter(|code| *code != "held_elsewhere").count();
    for (hcp_id, codes) in asked.iter().zip(answers[0].iter().zip(&answers[1])) {
        let is_elsewhere = (codes.0 == "held_elsewhere", codes.1 == "held_elsewhere");
        assert_ne!(is_elsewhere.0, is_elsewhere.1, "{hcp_id}: {codes:?}");
    }
    assert!(answered(0) > 5 && answered(1) > 5, "each owns half of the partitions: {answers:?}");
    for process in &both {
        assert_eq!(process.metric("touchload_unknown_hcps_answered"), 1.0, "{}", process.said());
        assert_eq!(process.metric("touchload_misplaced_records_total"), 0.0);
    }
    both.into_iter().for_each(RunProcess::stop);
}

/// The first reason of a check of each HCP.
fn first_reasons(process: &RunProcess, hcps: &[&str]) -> Vec<String> {
    let proposals: Vec<Value> =
        hcps.iter().map(|id| json!({ "hcp_id": id, "channel": "phone", "dry": true })).collect();
    let body = json!({ "proposals": proposals }).to_string();
    let answer = process.post("/v1/check", &body).expect("it listens");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let results = body["results"].as_array().expect("results");
    results.iter().map(|result| result["reasons"][0]["code"].as_str().expect("a reason").to_owned()).collect()
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
