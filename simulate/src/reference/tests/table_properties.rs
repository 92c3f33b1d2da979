//! What holds of every column whatever the reference tables say, over seeded random tables and records.

use super::properties::for_each_seed;
use super::tables::reference;
use super::{HOUR, T, answer};
use crate::reference::{Record, ReferenceRow};
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::cell::Cell;
use touchpoint::{Audience, Kind, Micros, Reference, WindowLength};

/// Rows of all tables that bear on a metric, and always a table of steps and one of consents.
fn random_tables(rng: &mut ChaCha8Rng) -> Vec<String> {
    let mut lines = vec!["plan_steps".to_owned(), "consents".to_owned()];
    for plan in ["n", "o"] {
        for position in 1..4 {
            lines.extend(random_step(rng, plan, position));
        }
    }
    for i in 0..rng.random_range(0..4_usize) {
        let subject = ["hcp=hcp-1", "account=x", "account=y"].choose(rng).expect("three");
        lines.push(format!("plans {} {subject} from=-{}h", ["n", "o"][i % 2], 200 * i + rng.random_range(0..200)));
    }
    for _ in 0..rng.random_range(0..6) {
        lines.push(random_consent(rng));
    }
    for key in ["", "country=DE", "channel=email", "channel=phone country=DE", "country=FR"] {
        if rng.random_bool(0.3) {
            lines.push(format!("consent_rules {} {key}", ["opt_in", "opt_out"].choose(rng).expect("two")));
        }
    }
    for channel in ["face_to_face", "phone", "email", "congress"] {
        if rng.random_bool(0.4) {
            lines.push(format!("preferences {channel} {}", rng.random_range(0..5)));
        }
    }
    for line in ["hcps account=x country=DE", "affiliations y primary from=-300h", "affiliations x", "panels r"] {
        if rng.random_bool(0.5) {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// A step of one row, or of two that follow each other.
fn random_step(rng: &mut ChaCha8Rng, plan: &str, position: i64) -> Vec<String> {
    let change = rng.random_range(-700..0);
    let validities = if rng.random_bool(0.5) {
        vec![String::new()]
    } else {
        vec![format!(" to={change}h"), format!(" from={change}h")]
    };
    let mut lines = Vec::new();
    for validity in validities {
        let mut line = format!("plan_steps {plan} s{position} {position}{validity}");
        for (chance, more) in [
            (0.3, " after=s1;s2".to_owned()),
            (0.3, format!(" min={}h", rng.random_range(0..50))),
            (0.3, format!(" max={}h", rng.random_range(50..200))),
            (0.7, format!(" due={}h..{}h", rng.random_range(0..100), rng.random_range(100..400))),
            (0.3, " function=medical".to_owned()),
        ] {
            if rng.random_bool(chance) {
                line += &more;
            }
        }
        lines.push(line);
    }
    lines
}

fn random_consent(rng: &mut ChaCha8Rng) -> String {
    let say = ["opt_in", "opt_in", "opt_out"].choose(rng).expect("three");
    let channel = ["any", "email", "email", "phone", "face_to_face"].choose(rng).expect("five");
    // Few instants, so that some are captured at once.
    let mut line = format!("consents {say} {channel} captured=-{}h", rng.random_range(0..14) * 50);
    if rng.random_bool(0.3) {
        line += &format!(" from=-{}h", rng.random_range(0..700));
    }
    if rng.random_bool(0.3) {
        line += &format!(" to=-{}h", rng.random_range(0..700));
    }
    line
}

fn rows_at(records: &[Record], reference: &Reference, at: Micros) -> Vec<Option<ReferenceRow>> {
    let windows = WindowLength::ALL.into_iter();
    windows.flat_map(|w| Audience::ALL.map(|audience| answer(records, reference, at, w, audience))).collect()
}

#[test]
fn order_of_rows_and_records_changes_nothing() {
    for_each_seed(|seed, rng, mut records| {
        let mut lines = random_tables(rng);
        let before = rows_at(&records, &reference(&lines.join("\n")), T);
        lines.shuffle(rng);
        records.shuffle(rng);
        assert_eq!(before, rows_at(&records, &reference(&lines.join("\n")), T), "seed {seed}");
    });
}

#[test]
fn removing_medical_records_and_steps_changes_no_commercial_value() {
    // How often there is a fit to compare, and how often it matters who asks.
    let counts = Cell::new((0, 0));
    for_each_seed(|seed, rng, records| {
        let lines = random_tables(rng);
        let without: Vec<_> = lines.iter().filter(|line| !line.contains("function=medical")).cloned().collect();
        let mut rest = records.clone();
        rest.retain(|r| r.kind != Kind::Requests && r.business_function.as_deref() != Some("medical"));
        let (lines, without) = (reference(&lines.join("\n")), reference(&without.join("\n")));
        for window in WindowLength::ALL {
            let commercial = answer(&records, &lines, T, window, Audience::Commercial);
            for (records, tables) in [(&rest, &lines), (&records, &without), (&rest, &without)] {
                let again = answer(records, tables, T, window, Audience::Commercial);
                assert_eq!(commercial, again, "seed {seed}");
            }
            assert_eq!(commercial, answer(&rest, &without, T, window, Audience::Full), "seed {seed}");
            let fits = usize::from(commercial.as_ref().is_some_and(|row| row.plan_fit.is_some()));
            let differs = usize::from(commercial != answer(&records, &lines, T, window, Audience::Full));
            counts.set((counts.get().0 + fits, counts.get().1 + differs));
        }
    });
    let (fits, differs) = counts.get();
    assert!(fits > 50 && differs > 50, "{fits} {differs}");
}

#[test]
fn later_consent_does_not_heal() {
    for_each_seed(|seed, rng, mut records| {
        let mut lines = random_tables(rng);
        let captured: i64 = rng.random_range(-400..10);
        let at = T + captured * HOUR;
        let unaware = reference(&lines.join("\n"));
        lines.push(format!("consents {} any captured={captured}h", ["opt_in", "opt_out"].choose(rng).expect("two")));
        let aware = reference(&lines.join("\n"));
        assert_eq!(rows_at(&records, &unaware, at - 1), rows_at(&records, &aware, at - 1), "seed {seed}");
        records.retain(|r| r.occurred_at.is_some_and(|occurred_at| occurred_at < at));
        assert_eq!(rows_at(&records, &unaware, T), rows_at(&records, &aware, T), "seed {seed}");
    });
}

#[test]
fn columns_stay_in_their_range() {
    for_each_seed(|seed, rng, records| {
        let tables = reference(&random_tables(rng).join("\n"));
        for row in rows_at(&records, &tables, T).into_iter().flatten() {
            let rates = [row.sequence_coherence, row.plan_precision, row.plan_recall, row.plan_fit, row.coherence];
            assert!(rates.iter().flatten().all(|rate| (0.0..=1.0).contains(rate)), "seed {seed}");
            assert!(row.channel_fit.is_none_or(|fit| (-1e-12..=1.0).contains(&fit)), "seed {seed}");
            assert!(row.consent_conflicts.is_some_and(|n| (0..=row.touches).contains(&n)), "seed {seed}");
            assert_eq!(row.plan_precision.is_some(), row.touches > 0, "seed {seed}");
            let both = row.plan_precision.zip(row.plan_recall);
            assert_eq!(row.plan_fit.is_some(), both.is_some(), "seed {seed}");
            if let (Some((precision, recall)), Some(fit)) = (both, row.plan_fit) {
                let (low, high) = (precision.min(recall), precision.max(recall));
                assert!(low - 1e-12 <= fit && fit <= high + 1e-12, "seed {seed}");
            }
        }
    });
}
