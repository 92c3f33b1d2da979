//! The shipped rules over real window state: touches in, transitions out.

use super::{AlertWatch, WatchSettings, Watched};
use crate::alert_rule::shipped;
use processors::alert::{Occasion, StormLimit, Turn};
use processors::{Ownership, Shards, SharedShards};
use std::sync::{Arc, RwLock};
use touchpoint::policy::Budget;
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Policy, Purpose, Reference, SecretKey, Status};

const NOW: Micros = 1_000 * DAY;

struct Bench {
    shards: SharedShards,
    watch: AlertWatch,
    policy: Arc<Policy>,
    offset: i64,
    batch: RecordBuilder,
}

impl Bench {
    async fn new(policy: Policy) -> Self {
        let policy = Arc::new(policy);
        let shards: SharedShards = Arc::new(RwLock::new(Shards::new(policy.clone(), Arc::new(Reference::default()))));
        shards.write().expect("unpoisoned").assign(Ownership::Sole, []);
        let watch = watch(&shards, &policy).await;
        Self { shards, watch, policy, offset: 0, batch: RecordBuilder::default() }
    }

    /// A face-to-face call by `owner` at `at`.
    fn call(&mut self, hcp_id: &str, owner: &str, at: Micros) -> &mut Self {
        let event_id = format!("{hcp_id}-{owner}-{at}");
        self.push(RecordRow { owner_id: Some(owner), ..row(&event_id, hcp_id, at) })
    }

    fn delete(&mut self, hcp_id: &str, owner: &str, at: Micros) -> &mut Self {
        let event_id = format!("{hcp_id}-{owner}-{at}");
        let gone = RecordRow {
            op: Op::Delete,
            status: None,
            occurred_at: None,
            precision: None,
            ..row(&event_id, hcp_id, at)
        };
        self.push(RecordRow { channel: None, ..gone })
    }

    fn push(&mut self, row: RecordRow<'_>) -> &mut Self {
        self.batch.push(&RecordRow { kafka_offset: self.offset, ..row });
        self.offset += 1;
        self
    }

    /// Applies what waits, and turns at `now`.
    async fn turn(&mut self, now: Micros, occasion: Occasion) -> Vec<String> {
        let changed = {
            let mut shards = self.shards.write().expect("unpoisoned");
            let batch = self.batch.finish().expect("a batch");
            let shard = shards.of_partition(0).expect("sole");
            shard.advance(now);
            shard.apply(&batch, now, None).expect("applies");
            shards.turn(now)
        };
        let turn = Turn { now, occasion, policy_version: self.policy.version.as_str().into() };
        let Watched { transitions, failures } = self.watch.turn(&self.shards, &turn, &changed).await;
        assert!(failures.is_empty(), "{failures:?}");
        let line = |t: &processors::alert::Transition| {
            let resolution = t.resolution.map(|r| format!(" {r}")).unwrap_or_default();
            let ago = (now - t.alert.since) / HOUR;
            let alert = &t.alert;
            format!(
                "{} {} {} {ago}h {} x{}{resolution}",
                t.state,
                alert.rule.name,
                alert.subject.id,
                alert.origin,
                alert.touches.len()
            )
        };
        transitions.iter().map(line).collect()
    }
}

async fn watch(shards: &SharedShards, policy: &Policy) -> AlertWatch {
    let settings = WatchSettings { key: SecretKey::new(&[9; 32]).expect("long enough"), storm: StormLimit::default() };
    AlertWatch::load(&shipped().expect("sound"), shards, policy, settings).await.expect("the shipped rules load")
}

fn row<'a>(event_id: &'a str, hcp_id: &'a str, at: Micros) -> RecordRow<'a> {
    RecordRow { event_id, hcp_id, kafka_topic: Kind::Calls.default_topic(), ..RecordRow::visit(at) }
}

/// Two touches in 28 days.
fn capped() -> Policy {
    Policy { budgets: vec![Budget::new("two", Some(2), 28 * DAY)], ..Policy::default() }
}

use Occasion::{PolicyChange, Start, Stream};

#[tokio::test]
async fn a_budget_fills_breaks_and_recovers() {
    let mut bench = Bench::new(capped()).await;
    let days = |n: i64| NOW - n * DAY;
    bench.call("h", "a", days(20));
    assert_eq!(bench.turn(NOW, Stream).await, [""; 0]);
    bench.call("h", "a", days(10));
    assert_eq!(bench.turn(NOW + 1, Stream).await, ["firing budget_full h 240h live x2"]);
    bench.call("h", "a", NOW);
    assert_eq!(
        bench.turn(NOW + SECOND, Stream).await,
        ["resolved budget_full h 240h live x2 cleared", "firing over_budget h 0h live x3"]
    );
    // Of three the oldest leaves the window in eight days, and the budget is full, which is between the borders.
    // It was over until then, so it is full from then on, not from a touch on.
    assert_eq!(bench.turn(NOW + 9 * DAY, Stream).await, ["firing budget_full h 0h live x2"]);
    assert_eq!(
        bench.turn(NOW + 19 * DAY, Stream).await,
        ["resolved budget_full h 240h live x2 cleared", "resolved over_budget h 456h live x3 cleared"]
    );
}

fn planned<'a>(event_id: &'a str, hcp_id: &'a str, at: Micros) -> RecordRow<'a> {
    RecordRow { status: Some(Status::Planned), ..row(event_id, hcp_id, at) }
}

#[tokio::test]
async fn a_plan_that_goes_over_is_told_when_it_comes_into_reach_and_is_over_when_it_is_moved() {
    let mut bench = Bench::new(capped()).await;
    let plans = [planned("p", "h", NOW + 20 * DAY), planned("q", "h", NOW + 21 * DAY)];
    bench.call("h", "a", NOW - 2 * DAY).push(plans[0]).push(plans[1]);
    assert_eq!(bench.turn(NOW, Stream).await, [""; 0], "alerts look fourteen days ahead");
    // No record comes: the second one comes into reach.
    assert_eq!(bench.turn(NOW + 7 * DAY, Stream).await, ["firing going_over h 0h live x1"]);
    let left = bench.watch.export();
    let alert = &left[0].alert;
    assert_eq!((&*alert.touches[0].event_id, alert.facts.hold_until), ("q", Some(NOW + 26 * DAY)));
    assert_eq!(
        &*alert.facts.summary,
        "with 2 planned touches budget two goes over on 1972-10-18T00:00:00Z, use 1.5; \
         move the face_to_face of 1972-10-18T00:00:00Z to 1972-10-23T00:00:00Z"
    );
    let mut after = Bench::new(capped()).await;
    after.watch.restore(left);
    after.call("h", "a", NOW - 2 * DAY).push(plans[0]).push(plans[1]);
    assert_eq!(after.turn(NOW + 7 * DAY + HOUR, Start).await, [""; 0], "it is found again, and goes on");
    bench.push(RecordRow { version: 1, ..planned("q", "h", NOW + 26 * DAY) });
    assert_eq!(bench.turn(NOW + 8 * DAY, Stream).await, ["resolved going_over h 24h live x1 cleared"]);
    after.push(RecordRow { version: 1, status: Some(Status::Cancelled), ..plans[1] });
    assert_eq!(after.turn(NOW + 8 * DAY, Stream).await, ["resolved going_over h 24h live x1 cleared"]);
}

#[tokio::test]
async fn a_plan_that_is_kept_hands_over_to_what_it_broke() {
    let mut bench = Bench::new(capped()).await;
    let at = NOW + 3 * DAY;
    bench.call("k", "a", NOW - 2 * DAY).call("k", "a", NOW - DAY).push(planned("p", "k", at));
    assert_eq!(bench.turn(NOW, Stream).await, ["firing budget_full k 24h live x2", "firing going_over k 0h live x1"]);
    bench.push(RecordRow { version: 1, ..row("p", "k", at) });
    assert_eq!(
        bench.turn(at + SECOND, Stream).await,
        [
            "resolved budget_full k 96h live x2 cleared",
            "resolved going_over k 72h live x1 cleared",
            "firing over_budget k 0h live x3"
        ]
    );
    // One whose instant passes, and of which nothing is heard, is planned no more.
    bench.call("l", "a", at - DAY).call("l", "a", at - HOUR).push(planned("p", "l", at + DAY));
    assert!(bench.turn(at + HOUR, Stream).await.contains(&"firing going_over l 0h live x1".to_owned()));
    assert_eq!(bench.turn(at + DAY, Stream).await, ["resolved going_over l 23h live x1 cleared"]);
}

#[tokio::test]
async fn a_correction_and_a_late_record_are_told_for_what_they_are() {
    let mut bench = Bench::new(capped()).await;
    for hour in [5, 4, 3] {
        bench.call("h", "a", NOW - hour * HOUR);
    }
    // They came late: that the budget was full for an hour is told as over.
    assert_eq!(
        bench.turn(NOW, Stream).await,
        [
            "firing budget_full h 4h retrospective x2",
            "resolved budget_full h 4h retrospective x2 cleared",
            "firing over_budget h 3h live x3"
        ]
    );
    bench.delete("h", "a", NOW - 4 * HOUR);
    let corrected = bench.turn(NOW + SECOND, Stream).await;
    assert!(corrected.contains(&"resolved over_budget h 3h live x3 corrected".to_owned()), "{corrected:?}");
    // 31 and 30 days ago, and now, late, 29 days ago: over the cap for a day, long ago.
    bench.call("k", "a", NOW - 31 * DAY).call("k", "a", NOW - 30 * DAY);
    bench.turn(NOW + 2 * SECOND, Stream).await;
    bench.call("k", "a", NOW - 29 * DAY);
    let late = bench.turn(NOW + 3 * SECOND, Stream).await;
    assert!(late.contains(&"firing over_budget k 696h retrospective x3".to_owned()), "{late:?}");
    assert!(!late.iter().any(|line| line.contains("live")), "{late:?}");
}

#[tokio::test]
async fn collisions_of_a_week_burst_and_end_by_themselves() {
    let mut bench = Bench::new(Policy::default()).await;
    for (n, owner) in ["a", "b", "c", "d"].iter().enumerate() {
        bench.call("h", owner, NOW - (4 - n as i64) * HOUR);
    }
    assert_eq!(bench.turn(NOW, Stream).await, ["firing collision_burst h 1h live x4"]);
    // No record comes and the headline window does not change: the open alert is looked at again all the same.
    assert_eq!(bench.turn(NOW + 7 * DAY, Stream).await, ["resolved collision_burst h 169h live x4 cleared"]);
}

#[tokio::test]
async fn what_medical_rules_find_no_commercial_rule_sees() {
    let mut bench = Bench::new(Policy::default()).await;
    let request = RecordRow {
        kind: Kind::Requests,
        status: Some(Status::Received),
        channel: Some(Channel::MedicalRequest),
        business_function: Some(BusinessFunction::Medical),
        purpose: Some(Purpose::Scientific),
        product: Some("x"),
        ..row("r1", "h", NOW - 5 * HOUR)
    };
    let touch = RecordRow { product: Some("x"), request_id: Some("r1"), ..row("e1", "h", NOW - HOUR) };
    bench.push(request).push(touch);
    let mut told = bench.turn(NOW, Stream).await;
    told.sort();
    assert_eq!(told, ["firing sales_touch_on_request h 1h live x1", "firing talked_past h 1h live x1"]);
    let full = bench.watch.export();
    assert!(full.iter().all(|t| t.alert.rule.audience == touchpoint::Audience::Full));
}

#[tokio::test]
async fn a_stricter_policy_begins_alerts_that_say_so() {
    let mut bench = Bench::new(Policy::default()).await;
    for hour in [5, 4, 3] {
        bench.call("h", "a", NOW - hour * HOUR);
    }
    assert_eq!(bench.turn(NOW, Stream).await, [""; 0]);
    let strict = Policy { version: "strict".into(), ..capped() };
    bench.policy = Arc::new(strict);
    bench.shards.write().expect("unpoisoned").set_policy(bench.policy.clone());
    bench.watch.set_policy(&bench.policy).await.expect("plans");
    assert_eq!(bench.turn(NOW + SECOND, PolicyChange).await, ["firing over_budget h 3h policy_change x3"]);
}

#[tokio::test]
async fn a_restart_reads_back_and_resolves_what_vanished() {
    let mut bench = Bench::new(capped()).await;
    for hour in [5, 4, 3] {
        bench.call("h", "a", NOW - hour * HOUR).call("gone", "a", NOW - hour * HOUR);
    }
    // Of each HCP one that fires, and one that is over.
    assert_eq!(bench.turn(NOW, Stream).await.len(), 6);
    let left = bench.watch.export();
    let mut after = Bench::new(capped()).await;
    after.watch.restore(left.clone());
    for hour in [5, 4, 3] {
        after.call("h", "a", NOW - hour * HOUR);
    }
    assert_eq!(after.turn(NOW + HOUR, Start).await, ["resolved over_budget gone 4h live x3 vanished"]);
    // What was not durable is found again, as the same alert.
    let mut again = Bench::new(capped()).await;
    for hour in [5, 4, 3] {
        again.call("h", "a", NOW - hour * HOUR);
    }
    again.turn(NOW + HOUR, Start).await;
    let id = |transitions: &[processors::alert::Transition]| {
        let of_h =
            |t: &&processors::alert::Transition| &*t.alert.subject.id == "h" && &*t.alert.rule.name == "over_budget";
        transitions.iter().find(of_h).expect("an alert of h").alert.id.clone()
    };
    assert_eq!(id(&again.watch.export()), id(&left), "{:?} {:?}", again.watch.export(), left);
}

#[tokio::test]
async fn accounts_are_looked_at_as_a_whole() {
    use touchpoint::reference::{HcpRow, Tables, Validity};
    let mut bench = Bench::new(Policy::default()).await;
    let of_account = |id: &str| HcpRow {
        hcp_id: id.into(),
        account_id: Some("acc".into()),
        validity: Validity { from: 0, to: Micros::MAX },
        ..HcpRow::default()
    };
    let rows = ["h1", "h2", "h3"].map(of_account).to_vec();
    let data = Arc::new(Reference::try_new(Tables::of(rows, Vec::new())).expect("no overlaps"));
    bench.shards = Arc::new(RwLock::new(Shards::new(bench.policy.clone(), data)));
    bench.shards.write().expect("unpoisoned").assign(Ownership::Sole, []);
    bench.watch = watch(&bench.shards, &bench.policy).await;
    for hcp_id in ["h1", "h2", "h3"] {
        for hour in 0..4 {
            bench.call(hcp_id, "a", NOW - hour * 50 * HOUR);
        }
    }
    let told = bench.turn(NOW, Stream).await;
    assert!(told.contains(&"firing account_over_touched acc 0h live x0".to_owned()), "{told:?}");
}
