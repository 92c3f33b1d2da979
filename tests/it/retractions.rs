//! `touchload retract` against the naive reference: a feed that was taken back has never been imported, for live values,
//! SQL over any instant, the view of live versions and day rows; also when the command is killed and run again.

use crate::adversary::{self, PRESENT, Sent};
use crate::imports::{Folder, assert_day_rows, contents, table, text, zones};
use std::process::{Command, Output};
use store::commit::points;
use store::{FolderLock, FolderUse, Location};
use touchload::clock::SystemClock;
use touchpoint::time::DAY;
use touchpoint::{Clock, Micros};

const INSTANTS: [Micros; 3] = [PRESENT, PRESENT - 14 * DAY - 7, PRESENT + 2 * DAY];

/// A folder into which a good feed, a bad one and another good one were imported, and the span of the bad one.
fn three_feeds(seed: u64) -> (Folder, [String; 2]) {
    let mut folder = Folder::new(zones());
    let import = |folder: &mut Folder, name: &str, sent: &[Sent]| {
        let files = folder.write_kinds(name, sent);
        folder.import(&files, &["--daily"]);
    };
    import(&mut folder, "good", &adversary::stream(seed, 200));
    let from = SystemClock.now();
    import(&mut folder, "bad", &adversary::stream(1_000 + seed, 150));
    let to = SystemClock.now();
    import(&mut folder, "later", &adversary::stream(2_000 + seed, 100));
    (folder, [text(from), text(to)])
}

/// `crm` of the second import is gone.
fn without_the_bad_feed(folder: &mut Folder) {
    folder.leave_out(|record| record.position.0 / 1_000 == 1 && record.source == "crm");
}

fn retract(folder: &Folder, span: &[String; 2], extra: &[&str], crash: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "retract", "--source", "crm", "--ingested-between", &span[0], &span[1]]).args(extra);
    command.arg("--data").arg(folder.data()).arg("--hcps-file").arg(folder.data().join("../hcps.csv"));
    if let Some(point) = crash {
        command.env("FAILPOINTS", format!("{point}=panic"));
    }
    command.output().expect("touchload starts")
}

fn told(output: &Output, code: i32) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{out}{error}");
    out + &error
}

/// Live versions as SQL has them.
async fn live(folder: &Folder) -> Vec<Vec<String>> {
    let sql = "SELECT kind, source, event_id, hcp_id, status, occurred_at, channel, business_function, owner_id, theme, \
               answered_at FROM touchpoints ORDER BY 1, 2, 3, 4";
    table(&folder.session().await, sql).await
}

#[tokio::test]
async fn a_feed_that_was_taken_back_has_never_been_imported() {
    for seed in 0..3 {
        let (mut folder, span) = three_feeds(seed);
        let before = contents(&folder).await;
        let report = told(&retract(&folder, &span, &[], None), 0);
        for part in
            ["records of source crm", "interactions", "deleted", "stated as", "most affected", "dry run: nothing"]
        {
            assert!(report.contains(part), "no {part:?} in\n{report}");
        }
        assert_eq!(contents(&folder).await, before, "a dry run changes nothing");
        folder.assert_equals_reference(&INSTANTS).await;
        let report = told(&retract(&folder, &span, &["--execute"], None), 0);
        assert!(report.contains("taken back: "), "{report}");
        without_the_bad_feed(&mut folder);
        folder.assert_equals_reference(&INSTANTS).await;
        assert!(assert_day_rows(&folder, &format!("seed {seed}")).await > 100);
        let (after, live_after) = (contents(&folder).await, live(&folder).await);
        let report = told(&retract(&folder, &span, &["--execute"], None), 0);
        assert!(report.contains("it was taken back already"), "{report}");
        assert_eq!(contents(&folder).await, after);
        // The view sees what it would see of the other feeds alone, but for records that only positions tell apart.
        let mut never = Folder::new(zones());
        let others = |sent: Vec<Sent>| -> Vec<Sent> {
            sent.into_iter()
                .filter(|sent| !String::from_utf8_lossy(&sent.payload).contains("\"source\":\"crm\""))
                .collect()
        };
        for (name, sent) in [
            ("good", adversary::stream(seed, 200)),
            ("bad", others(adversary::stream(1_000 + seed, 150))),
            ("later", adversary::stream(2_000 + seed, 100)),
        ] {
            let files = never.write_kinds(name, &sent);
            never.import(&files, &[]);
        }
        assert_eq!(live_after, live(&never).await);
    }
}

#[tokio::test]
async fn a_retraction_killed_at_any_commit_and_run_again_is_done() {
    for point in points::LANDING {
        let (mut folder, span) = three_feeds(7);
        let killed = retract(&folder, &span, &["--execute"], Some(point));
        assert!(!killed.status.success() && killed.status.code() != Some(1), "not killed at {point}");
        told(&retract(&folder, &span, &["--execute"], None), 0);
        without_the_bad_feed(&mut folder);
        folder.assert_equals_reference(&INSTANTS[..1]).await;
        assert_day_rows(&folder, point).await;
        let sql = "SELECT count(*) - count(DISTINCT kafka_topic || kafka_offset) FROM touchpoint_log";
        assert_eq!(table(&folder.session().await, sql).await, [["0"]], "{point}: a position stands twice");
    }
}

#[tokio::test]
async fn a_retraction_gives_way_to_a_pipeline_and_refuses_what_cannot_be_meant() {
    let (folder, span) = three_feeds(9);
    let here = Location::parse(&folder.data().display().to_string()).expect("a folder");
    let lock = FolderLock::take(&here, FolderUse::Run).await.expect("free");
    assert!(told(&retract(&folder, &span, &["--execute"], None), 1).contains("in use"));
    told(&retract(&folder, &span, &[], None), 0);
    drop(lock);
    let turned = [span[1].clone(), span[0].clone()];
    assert!(told(&retract(&folder, &turned, &[], None), 2).contains("the earlier instant first"));
    let ahead = [span[0].clone(), text(SystemClock.now() + DAY)];
    assert!(told(&retract(&folder, &ahead, &[], None), 2).contains("in the future"));
    let nothing = ["1970-01-01".to_owned(), "1970-01-02".to_owned()];
    assert!(told(&retract(&folder, &nothing, &["--execute"], None), 0).contains("nothing to take back"));
}
