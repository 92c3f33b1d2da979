//! The properties of metrics.md §6 that concern one HCP, over seeded random records.
//!
//! The closed forms of the text stand here; the reference itself counts pairs. Seeds are in every failure's message.

use super::{HOUR, T, ask, check, full, line, story};
use crate::reference::{Record, ReferenceRow};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use touchpoint::{Audience, Kind, WindowLength};

const SEEDS: std::ops::Range<u64> = 0..150;

/// Up to 40 records with many ties, updates and deletes, over 30 days around T.
fn random_story(rng: &mut ChaCha8Rng) -> Vec<Record> {
    (0..rng.random_range(1..40)).map(|position| line(position, &random_line(rng))).collect()
}

fn random_line(rng: &mut ChaCha8Rng) -> String {
    let kinds = [
        ("calls", &["planned", "no_access", "completed", "completed"][..]),
        ("emails", &["scheduled", "sent", "bounced", "clicked", "unsubscribed"]),
        ("congress", &["nominated", "invited", "attended"]),
        ("requests", &["received", "answered", "withdrawn"]),
    ];
    let (kind, statuses) = kinds.choose(rng).expect("four kinds");
    let status = statuses.choose(rng).expect("statuses");
    let hours = rng.random_range(-700..20);
    let mut line = format!("{kind} id{} {hours}h status={status}", rng.random_range(0..25));
    let pairs = [
        ("owner_id", &["a", "b", "c"][..]),
        ("theme", &["x", "y", "z"]),
        ("product", &["p", "q"]),
        ("plan_id", &["n", "o"]),
        ("plan_step", &["s1", "s2", "s3"]),
        ("request_id", &["id1", "id2", "id3"]),
        ("business_function", &["sales", "marketing", "medical", "access"]),
        ("purpose", &["promotional", "scientific"]),
        ("solicited", &["true", "false"]),
        ("version", &["1", "2"]),
    ];
    for (field, values) in pairs {
        if rng.random_bool(0.5) {
            line += &format!(" {field}={}", values.choose(rng).expect("values"));
        }
    }
    if rng.random_bool(0.1) {
        line += " op=delete";
    }
    line
}

pub(super) fn for_each_seed(check: impl Fn(u64, &mut ChaCha8Rng, Vec<Record>)) {
    for seed in SEEDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let records = random_story(&mut rng);
        check(seed, &mut rng, records);
    }
}

fn rows(records: &[Record]) -> Vec<Option<ReferenceRow>> {
    let ask = |w| Audience::ALL.map(|audience| ask(records, T, w, audience));
    WindowLength::ALL.into_iter().flat_map(ask).collect()
}

#[test]
fn order_and_duplicates_change_nothing() {
    for_each_seed(|seed, rng, records| {
        let mut again = records.clone();
        let copies: Vec<_> = (0..5).filter_map(|_| records.choose(rng).cloned()).collect();
        again.extend(copies);
        again.shuffle(rng);
        assert_eq!(rows(&records), rows(&again), "seed {seed}");
    });
}

#[test]
fn one_more_interruption_raises_every_window_that_holds_it_by_one() {
    for_each_seed(|seed, rng, mut records| {
        let age = rng.random_range(0..2_000);
        let new = line(99, &format!("calls new -{age}h"));
        let before = rows(&records);
        records.push(new);
        let unsolicited = |row: &Option<ReferenceRow>| row.as_ref().map_or(0, |r| r.unsolicited);
        for (i, (before, after)) in before.iter().zip(rows(&records)).enumerate() {
            let held = age * HOUR < WindowLength::ALL[i / 2].micros();
            assert_eq!(unsolicited(&after) - unsolicited(before), i64::from(held), "seed {seed}, age {age} h");
        }
    });
}

#[test]
fn load_halves_after_its_half_life_and_never_rises_between_events() {
    for_each_seed(|seed, _, mut records| {
        records.retain(|r| r.occurred_at.is_some_and(|at| at <= T));
        let load = |at| ask(&records, at, WindowLength::Day, Audience::Full).map(|row| row.interruption_load);
        let Some(now) = load(T) else { return };
        let halved = load(T + 168 * HOUR).expect("records stay for 400 days");
        assert!((halved - now / 2.0).abs() <= 1e-12 * now.max(1.0), "seed {seed}");
        let course: Vec<f64> = (0..50).filter_map(|h| load(T + h * HOUR)).collect();
        assert!(course.is_sorted_by(|a, b| a >= b), "seed {seed}");
    });
}

#[test]
fn removing_medical_records_changes_no_commercial_value() {
    for_each_seed(|seed, _, records| {
        let mut rest = records.clone();
        rest.retain(|r| r.kind != Kind::Requests && r.business_function.as_deref() != Some("medical"));
        for window in WindowLength::ALL {
            let commercial = |records: &[Record]| ask(records, T, window, Audience::Commercial);
            assert_eq!(commercial(&records), commercial(&rest), "seed {seed}");
            assert_eq!(commercial(&records), ask(&rest, T, window, Audience::Full), "seed {seed}");
        }
    });
}

/// Σ n_k² over equal keys.
fn squares<K: Ord>(keys: impl Iterator<Item = K>) -> f64 {
    let mut counts: BTreeMap<K, f64> = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1.0);
    counts.values().map(|n| n * n).sum()
}

/// One live touch per record, none solicited, so that the closed forms can be taken over the records themselves.
fn touches_only(records: &mut Vec<Record>) {
    records.retain(|r| r.kind != Kind::Requests && !r.is_delete() && r.occurred_at.is_some_and(|at| at <= T));
    for (i, record) in records.iter_mut().enumerate() {
        record.event_id = format!("touch{i}");
        record.solicited = false;
        record.purpose = Some("promotional".to_owned());
        record.status = Some(if record.kind == Kind::Calls { "completed" } else { "invited" }.to_owned());
        if record.kind == Kind::Emails {
            record.status = Some("sent".to_owned());
        }
    }
    let start = T - WindowLength::Quarter.micros();
    records.retain(|r| r.occurred_at.is_some_and(|at| at > start));
}

#[test]
fn pair_counts_equal_the_closed_forms() {
    for_each_seed(|seed, _, mut records| {
        touches_only(&mut records);
        let Some(row) = ask(&records, T, WindowLength::Quarter, Audience::Full) else { return };
        let u = records.len() as f64;
        assert_eq!(row.unsolicited as f64, u, "seed {seed}");
        let themed: Vec<_> = records.iter().filter(|r| r.theme.is_some()).collect();
        let m = themed.len() as f64;
        let by_theme = squares(themed.iter().map(|r| &r.theme));
        let quotient = |a: f64, b: f64| if b > 0.0 { (a / b).to_string() } else { "NULL".to_owned() };
        let (c, ct) =
            (squares(themed.iter().map(|r| &r.channel)), squares(themed.iter().map(|r| (&r.channel, &r.theme))));
        let function = |r: &Record| r.business_function.clone();
        let (f, ft) =
            (squares(themed.iter().map(|r| function(r))), squares(themed.iter().map(|r| (function(r), &r.theme))));
        let known: Vec<_> = records.iter().filter_map(|r| r.owner_id.as_ref()).collect();
        let owners = known.len() as f64;
        let voice = squares(records.iter().map(|r| (function(r), &r.owner_id))) - u;
        let random = 1.0 - (-u * 48.0 / (90.0 * 24.0)).exp();
        let chance = if u < 2.0 { "NULL".to_owned() } else { (random * (1.0 - voice / (u * (u - 1.0)))).to_string() };
        check(
            &row,
            &format!(
                "theme_continuity={} cross_channel_agreement={} cross_function_agreement={} voices={}
                 function_voices={} chance_collision_rate={chance}",
                quotient(by_theme - m, m * (m - 1.0)),
                quotient(by_theme - ct, m * m - c),
                quotient(by_theme - ft, m * m - f),
                quotient(owners * owners, squares(known.iter())),
                quotient(u * u, squares(records.iter().map(function))),
            ),
        );
    });
}

#[test]
fn continuity_is_one_iff_one_theme_and_rises_with_a_frequent_one() {
    for_each_seed(|seed, _, mut records| {
        touches_only(&mut records);
        let Some(before) = ask(&records, T, WindowLength::Quarter, Audience::Full) else { return };
        let Some(continuity) = before.theme_continuity else { return };
        let of = |theme: &str| records.iter().filter(|r| r.theme.as_deref() == Some(theme)).count() as f64;
        let themes = ["x", "y", "z"].iter().filter(|t| of(t) > 0.0).count();
        assert_eq!(continuity == 1.0, themes == 1, "seed {seed}");
        for theme in ["x", "y", "z"] {
            let mut more = records.clone();
            more.push(line(99, &format!("calls new -1h theme={theme}")));
            let after = full(&more, WindowLength::Quarter).theme_continuity.expect("support grew");
            let (share, margin) = (of(theme) / before.support as f64, 1e-9);
            if (share - continuity).abs() > margin {
                assert_eq!(after > continuity, share > continuity, "seed {seed}, theme {theme}");
            } else {
                assert!((after - continuity).abs() <= margin, "seed {seed}, theme {theme}");
            }
        }
    });
}

#[test]
fn burstiness_is_least_for_equal_gaps() {
    for gap in [1, 7, 30] {
        for n in 4..12 {
            let text: String = (0..n).map(|i| format!("calls c{i} -{}h\n", i * gap)).collect();
            let row = full(&story(&text), WindowLength::Quarter);
            let burstiness = row.burstiness.expect("three gaps or more");
            assert!((burstiness + 1.0).abs() <= 1e-12, "gap {gap} h, {n} touches");
        }
    }
    for_each_seed(|seed, _, records| {
        let rows = rows(&records);
        let all = rows.iter().flatten().filter_map(|r| r.burstiness);
        all.for_each(|b| assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&b), "seed {seed}"));
    });
}

#[test]
fn counts_and_rates_hold_together() {
    for_each_seed(|seed, _, records| {
        for row in rows(&records).iter().flatten() {
            assert_eq!(row.touches, row.calls + row.emails + row.invitations, "seed {seed}");
            assert!(row.unsolicited + row.declared <= row.touches && row.support <= row.touches, "seed {seed}");
            assert!(row.collisions + row.follow_ups <= (row.unsolicited - 1).max(0), "seed {seed}");
            assert!(row.peak_24h <= row.unsolicited && (row.peak_24h > 0) == (row.unsolicited > 0), "seed {seed}");
            assert_eq!(row.coherence.is_some(), row.coherence_basis.is_some(), "seed {seed}");
            let rates = [row.collision_rate, row.chance_collision_rate, row.theme_continuity, row.coherence];
            assert!(rates.iter().flatten().all(|rate| (0.0..=1.0).contains(rate)), "seed {seed}");
        }
    });
}
