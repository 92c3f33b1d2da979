//! What metrics.md §6 says of plans and preferences, over seeded random plans that are done step by step.

use super::tables::reference;
use super::{check, number, row_of, story};
use crate::reference::ReferenceRow;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use touchpoint::{Audience, WindowLength};

const SEEDS: std::ops::Range<u64> = 0..100;

/// A plan and touches that do it: every step in its span, one after the other, within the bounds.
struct Replay {
    tables: String,
    /// Kind, hours and step of each touch.
    touches: Vec<(&'static str, i64, String)>,
}

impl Replay {
    /// Three to eight steps, all due in the last 28 days. With `after` nothing but it may come before a step.
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let (mut replay, gaps) = Self::timed(rng);
        for (i, gap) in gaps.into_iter().enumerate() {
            let mut bounds = String::new();
            if rng.random_bool(0.5) {
                bounds += &format!(" min={}h", rng.random_range(0..=gap));
            }
            if rng.random_bool(0.5) {
                bounds += &format!(" max={}h", rng.random_range(gap..100));
            }
            if i > 0 && rng.random_bool(0.5) {
                bounds += &format!(" after=s{}", i - 1);
            }
            replay.add_step(rng, i, &bounds);
        }
        replay
    }

    /// Without bounds, and every earlier step may come before a step.
    fn forgiving(rng: &mut ChaCha8Rng) -> Self {
        let (mut replay, gaps) = Self::timed(rng);
        for i in 0..gaps.len() {
            let earlier: Vec<_> = (0..i).map(|earlier| format!("s{earlier}")).collect();
            let after = if i > 0 { format!(" after={}", earlier.join(";")) } else { String::new() };
            replay.add_step(rng, i, &after);
        }
        replay
    }

    /// Touches without rows, and the hours before each.
    fn timed(rng: &mut ChaCha8Rng) -> (Self, Vec<i64>) {
        let gaps: Vec<i64> = (0..rng.random_range(3..8)).map(|_| rng.random_range(0..60)).collect();
        let kinds = ["calls", "emails", "congress"];
        let mut at = -30 - gaps.iter().sum::<i64>();
        let mut touches = Vec::new();
        for (i, gap) in gaps.iter().enumerate() {
            at += gap;
            touches.push((*kinds.choose(rng).expect("three"), at, format!("s{i}")));
        }
        (Self { tables: "plans p hcp=hcp-1 from=-600h\n".to_owned(), touches }, gaps)
    }

    fn add_step(&mut self, rng: &mut ChaCha8Rng, i: usize, rest: &str) {
        let done = self.touches[i].1 + 600;
        let (from, to) = (done - rng.random_range(0..50), done + rng.random_range(1..=30));
        self.tables += &format!("plan_steps p s{i} {} due={from}h..{to}h{rest}\n", 1 + 2 * i);
    }

    fn row_with(&self, more: &str) -> ReferenceRow {
        let line = |(i, (kind, at, step)): (usize, &(&str, i64, String))| {
            // Ids in the order of the touches, since some lie at one instant.
            format!("{kind} t{i} {at}h plan_id=p plan_step={step} source=one\n")
        };
        let lines: String = self.touches.iter().enumerate().map(line).collect();
        row_of(&story(&(lines + more)), &reference(&self.tables), WindowLength::FourWeeks, Audience::Full)
    }

    fn row(&self) -> ReferenceRow {
        self.row_with("")
    }
}

fn for_each_seed(make: fn(&mut ChaCha8Rng) -> Replay, check: impl Fn(u64, &mut ChaCha8Rng, Replay)) {
    for seed in SEEDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let replay = make(&mut rng);
        check(seed, &mut rng, replay);
    }
}

fn sequence(row: &ReferenceRow) -> f64 {
    row.sequence_coherence.expect("a pair")
}

#[test]
fn a_replay_of_a_plan_is_all_coherent() {
    for make in [Replay::random, Replay::forgiving] {
        for_each_seed(make, |_, _, replay| {
            check(&replay.row(), "sequence_coherence=1 plan_precision=1 plan_recall=1 plan_fit=1");
        });
    }
}

#[test]
fn a_touch_off_the_plan_lowers_precision_only() {
    for_each_seed(Replay::random, |_, rng, replay| {
        let hours = rng.random_range(-600..0);
        let elsewhere = ["", "plan_id=p", "plan_id=q plan_step=s1", "plan_id=p plan_step=other"];
        let row = replay.row_with(&format!("calls off {hours}h {}", elsewhere.choose(rng).expect("four")));
        let steps = replay.touches.len();
        check(&row, &format!("sequence_coherence=1 plan_precision={steps}/{} plan_recall=1", steps + 1));
    });
}

#[test]
fn a_missed_step_lowers_recall_only() {
    for_each_seed(Replay::forgiving, |_, rng, mut replay| {
        let steps = replay.touches.len();
        replay.touches.remove(rng.random_range(0..steps));
        let expected = format!("sequence_coherence=1 plan_precision=1 plan_recall={}/{steps}", steps - 1);
        check(&replay.row(), &expected);
    });
    // Where a step may only follow the one before it, that is so of the last one; missing another one breaks the order.
    for_each_seed(Replay::random, |seed, rng, mut replay| {
        let steps = replay.touches.len();
        let missed = rng.random_range(1..steps);
        replay.touches.remove(missed);
        let row = replay.row();
        check(&row, &format!("plan_precision=1 plan_recall={}/{steps}", steps - 1));
        assert_eq!(sequence(&row) == 1.0, missed == steps - 1, "seed {seed}");
    });
}

#[test]
fn two_steps_in_the_wrong_order_lower_sequence_coherence() {
    for make in [Replay::random, Replay::forgiving] {
        for_each_seed(make, |seed, rng, mut replay| {
            let first = rng.random_range(0..replay.touches.len() - 1);
            let step = replay.touches[first].2.clone();
            replay.touches[first].2 = std::mem::replace(&mut replay.touches[first + 1].2, step);
            let row = replay.row();
            assert!(sequence(&row) < 1.0, "seed {seed}");
            check(&row, "plan_precision=1");
        });
    }
}

#[test]
fn channels_fit_iff_the_mixes_are_equal() {
    let lines = ["calls f -1h", "calls p -2h channel=phone", "emails e -3h", "congress g -4h"];
    let channels = ["face_to_face", "phone", "email", "congress"];
    for seed in SEEDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut random_mix = || [0; 4].map(|_: usize| rng.random_range(0..4_usize));
        let (mut touched, mut preferred) = (random_mix(), random_mix());
        touched[0] += 1;
        preferred[1] += 1;
        let text: String = (0..4)
            .flat_map(|channel| (0..touched[channel]).map(move |i| (channel, i)))
            .map(|(channel, i)| lines[channel].replacen(' ', &format!(" {i}"), 1) + "\n")
            .collect();
        let fit = |mix: [usize; 4], scale: &str| {
            let scale = number(scale);
            let row = |(share, channel): (usize, &str)| format!("preferences {channel} {}\n", share as f64 * scale);
            let tables: String = mix.into_iter().zip(channels).map(row).collect();
            let row = row_of(&story(&text), &reference(&tables), WindowLength::Day, Audience::Full);
            row.channel_fit.expect("touches and a preference")
        };
        for scale in ["1", "1/3", "7"] {
            assert!((fit(touched, scale) - 1.0).abs() <= 1e-12, "seed {seed}");
            let sum = |mix: [usize; 4]| mix.iter().sum::<usize>();
            let equal = (0..4).all(|i| touched[i] * sum(preferred) == preferred[i] * sum(touched));
            assert_eq!(fit(preferred, scale) > 1.0 - 1e-9, equal, "seed {seed}");
        }
    }
}
