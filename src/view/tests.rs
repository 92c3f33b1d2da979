//! Whole screens, golden. `UPDATE_GOLDEN=1` writes the files anew; look at the difference before keeping it.

use super::{AlertLine, AlertPanel, InterruptedHcp, LoadBand, ViewModel, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::PathBuf;
use std::time::Duration;
use touchpoint::RejectReason;

/// A row in which nothing happened.
pub(super) fn quiet() -> InterruptedHcp {
    InterruptedHcp {
        hcp: "hcp-0000001".to_owned(),
        visits_per_week: 0.0,
        touches: 0,
        unsolicited: 0,
        calls: 0,
        emails: 0,
        invitations: 0,
        collisions: 0,
        follow_ups: 0,
        collision_rate: None,
        chance_collision_rate: None,
        peak_24h: 0,
        voices: None,
        function_voices: None,
        untimely: None,
        coherence: None,
    }
}

fn busy(rank: i64) -> InterruptedHcp {
    let (calls, emails, invitations) = (12 - rank / 3, 15 - rank / 2, 3 - rank / 9);
    let touches = calls + emails + invitations;
    InterruptedHcp {
        hcp: format!("hcp-{:07}", rank * 1_117),
        visits_per_week: 9.6 - rank as f64 * 0.38,
        touches,
        unsolicited: touches - 4,
        calls,
        emails,
        invitations,
        collisions: (9 - rank).max(0),
        follow_ups: rank % 4,
        collision_rate: Some((9 - rank).max(0) as f64 / (touches - 5) as f64).filter(|_| rank != 3),
        chance_collision_rate: Some(0.31 - rank as f64 * 0.01).filter(|_| rank != 3),
        peak_24h: rank % 5,
        voices: Some(3.2),
        function_voices: Some(1.2 + rank as f64 * 0.1),
        untimely: Some(rank % 3),
        coherence: Some(0.62).filter(|_| rank % 2 == 0),
    }
}

fn model() -> ViewModel {
    let band = |label: &str, hcps| LoadBand { label: label.to_owned(), hcps };
    ViewModel {
        title: "Touchload demo".to_owned(),
        uptime: Duration::from_secs(83),
        freshness: Some(Duration::from_millis(412)),
        watermark: Some(1_772_705_472_000_000),
        read_per_second: 512.04,
        accepted: 70_412,
        lag: Some(1_204),
        commit_age: Some(Duration::from_millis(1_310)),
        hcps: 2_000,
        endpoints: vec![
            ("page", "http://127.0.0.1:8080/".to_owned()),
            ("metrics", "http://127.0.0.1:8080/metrics".to_owned()),
        ],
        data: "./data".to_owned(),
        interrupted: (0..24).map(busy).collect(),
        bands: vec![band("below 1", 1_204), band("1–2", 511), band("2–4", 220), band("4–8", 64), band("8 and more", 1)],
        rejects: vec![(RejectReason::Malformed, 12), (RejectReason::BadValue, 1_031), (RejectReason::Tombstone, 0)],
        alerts: Some(AlertPanel { open: 1_217, told: "http://localhost:9093".to_owned(), newest: newest() }),
    }
}

fn newest() -> Vec<AlertLine> {
    let of = |rule: &str, subject: &str, act: &str, summary: &str| AlertLine {
        rule: rule.to_owned(),
        subject: subject.to_owned(),
        age: Duration::from_millis(4_200),
        act: act.to_owned(),
        until: None,
        summary: summary.to_owned(),
    };
    let over = "budget launch is over its cap: use 1.25, headroom -1";
    vec![
        AlertLine { until: Some(1_775_124_672_000_000), ..of("over_budget", "hcp-0000042", "hold", over) },
        of("collision_burst", "hcp-0001117", "reassign", "4 collisions in 7 days, among 9 unsolicited touches"),
        of(
            "collision_burst",
            "collision_burst",
            "reassign",
            "more than 100 openings in 10 minutes: 318 are summed up here",
        ),
    ]
}

fn empty() -> ViewModel {
    ViewModel {
        title: "Touchload demo".to_owned(),
        uptime: Duration::from_millis(640),
        freshness: None,
        watermark: None,
        read_per_second: 0.0,
        accepted: 0,
        lag: None,
        commit_age: None,
        hcps: 0,
        endpoints: Vec::new(),
        data: "./data".to_owned(),
        interrupted: Vec::new(),
        bands: Vec::new(),
        rejects: Vec::new(),
        alerts: None,
    }
}

/// The screen as text, one line per row, trailing spaces cut.
fn screen(model: &ViewModel, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (0..height).map(row).collect()
}

fn check(name: &str, actual: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/view/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(actual, expected, "\n--- {name} ---\n{actual}");
}

#[test]
fn the_smallest_screen() {
    check("80x24.txt", &screen(&model(), 80, 24));
}

#[test]
fn a_large_screen() {
    check("140x40.txt", &screen(&model(), 140, 40));
}

#[test]
fn before_the_first_record() {
    check("empty-80x24.txt", &screen(&empty(), 80, 24));
}

#[test]
fn plain_lines() {
    check("lines.txt", &(model().to_lines().join("\n") + "\n" + &model().place_lines().join("\n") + "\n"));
    assert_eq!(empty().to_lines().len(), 2);
}

#[test]
fn reasons_without_room_are_summed() {
    let reasons = <RejectReason as touchpoint::Word>::ALL;
    let rejects = reasons.iter().zip(1..).map(|(reason, count)| (*reason, count)).collect();
    let text = screen(&ViewModel { rejects, ..model() }, 80, 24);
    // Eight reasons, six lines: the five most frequent, and 3 + 2 + 1.
    assert!(text.contains("other reasons                  6"), "{text}");
}

#[test]
fn no_size_breaks_it() {
    for (width, height) in [(1, 1), (20, 5), (79, 24), (80, 23), (81, 24), (300, 25), (80, 100)] {
        screen(&model(), width, height);
        screen(&empty(), width, height);
    }
    assert!(screen(&model(), 60, 10).starts_with("Touchload demo: up 1 min 23 s"));
}

#[test]
fn an_id_cannot_steer_the_terminal() {
    let mut model = model();
    model.interrupted[0].hcp = "\u{1b}[2Jx".to_owned();
    let alerts = model.alerts.as_mut().unwrap();
    (alerts.newest[0].subject, alerts.newest[1].summary) = ("\u{1b}[2Jx".to_owned(), "\u{1b}[2Jx".to_owned());
    assert!(!screen(&model, 80, 24).contains('\u{1b}'));
    assert!(!model.to_lines().concat().contains('\u{1b}'));
}
