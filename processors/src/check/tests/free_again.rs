//! `next_free_at` over seeded worlds: at it the check passes, one millisecond earlier it denies, and nowhere between the
//! question and it does the check pass.

use super::{Asked, HCP, NOW, Proposal, Verdict, World, check, mail, request, visit};
use crate::kernel::Scratch;
use crate::shards::{Ownership, Shards};
use touchpoint::policy::{
    Basis, Budget, Condition, MinimumGap, NameSet, Per, QuietHours, QuietSpan, Rule, Scope, Selector, WordSet,
};
use touchpoint::record::RecordRow;
use touchpoint::reference::{HcpRow, Validity};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Policy, Precision, Purpose};

/// A small generator: the same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn micros(&mut self, span: Micros) -> Micros {
        self.below(span as u64) as Micros
    }
}

fn scope(dice: &mut Dice) -> Scope {
    let mut scope = Scope::default();
    match dice.below(6) {
        0 => scope.channels = WordSet::of(&[Channel::FaceToFace, Channel::Chat]),
        1 => scope.kinds = WordSet::of(&[Kind::Emails]),
        2 => scope.functions = WordSet::of(&[BusinessFunction::Sales]),
        3 => scope.products = NameSet::of(["alpha"]),
        _ => {}
    }
    scope
}

fn rule(dice: &mut Dice) -> Rule {
    let condition = Condition { scope: scope(dice), bases: WordSet::of(&[Basis::Unsolicited, Basis::Declared]) };
    match dice.below(5) {
        0 => Rule::AnyOf(vec![condition]),
        _ => Rule::Always,
    }
}

fn selector(dice: &mut Dice) -> Selector {
    let segments = if dice.one_in(3) { NameSet::of([dice.of(&["A", "B"])]) } else { NameSet::default() };
    Selector { segments, ..Selector::default() }
}

fn policy(dice: &mut Dice) -> Policy {
    let budget = |dice: &mut Dice, n: u64| Budget {
        selector: selector(dice),
        scope: scope(dice),
        per: dice.of(&[Per::Hcp, Per::Owner, Per::Product]),
        counts: rule(dice),
        bypass: if dice.one_in(4) { rule(dice) } else { Rule::Never },
        ..Budget::new(
            format!("b{n}"),
            dice.of(&[None, Some(0), Some(1), Some(1), Some(2), Some(3), Some(5)]),
            dice.of(&[6 * HOUR, DAY, 7 * DAY, 28 * DAY, 400 * DAY]),
        )
    };
    let gap = |dice: &mut Dice, n: u64| MinimumGap {
        name: format!("g{n}"),
        selector: selector(dice),
        scope: scope(dice),
        gap: dice.of(&[HOUR, 20 * HOUR, 48 * HOUR]),
    };
    let budgets = (0..1 + dice.below(4)).map(|n| budget(dice, n)).collect();
    let minimum_gaps = (0..dice.below(3)).map(|n| gap(dice, n)).collect();
    let (from, to) = (dice.below(1_440) as u32, 1 + dice.below(1_440) as u32);
    let span = QuietSpan { days: WordSet::ANY, from, to };
    let quiet_hours = if dice.one_in(2) { QuietHours::try_new(vec![span]).ok() } else { None };
    Policy { version: "seeded".into(), budgets, minimum_gaps, quiet_hours, ..Policy::default() }
}

/// Some touches lie a little ahead, as the tolerance of the future test lets them.
fn row(dice: &mut Dice) -> RecordRow<'static> {
    let back = dice.of(&[4 * DAY, 4 * DAY, 40 * DAY]);
    let at = NOW + DAY - dice.micros(back);
    let made = match dice.below(8) {
        0 => request(at, dice.of(&["r", "s"])),
        1..=3 => mail(at),
        _ => visit(at),
    };
    if made.kind == Kind::Requests {
        return made;
    }
    RecordRow {
        owner_id: dice.of(&[None, Some("a"), Some("b")]),
        product: dice.of(&[None, Some("alpha"), Some("beta")]),
        business_function: Some(dice.of(&[
            BusinessFunction::Sales,
            BusinessFunction::Sales,
            BusinessFunction::Medical,
        ])),
        purpose: Some(dice.of(&[Purpose::Promotional, Purpose::Promotional, Purpose::Service])),
        precision: Some(if dice.one_in(5) { Precision::Date } else { Precision::Instant }),
        request_id: dice.of(&[None, None, Some("r")]),
        solicited: dice.one_in(6),
        ..made
    }
}

fn world(seed: u64) -> World {
    let dice = &mut Dice(seed);
    let mut world = World::under(policy(dice));
    world.0.rows = (0..dice.below(25)).map(|_| row(dice)).collect();
    let moves = NOW + dice.micros(20 * DAY);
    let hcp = |zone: &str, segment: &str, from, to| HcpRow {
        hcp_id: HCP.into(),
        time_zone: zone.parse().ok(),
        segment: Some(segment.into()),
        validity: Validity { from, to },
        ..HcpRow::default()
    };
    let rows = vec![hcp("Europe/Berlin", "A", 0, moves), hcp("America/New_York", "B", moves, Validity::ALWAYS.to)];
    world.0.tables.hcps = (!dice.one_in(4)).then_some(rows);
    world
}

fn proposal(dice: &mut Dice) -> Proposal {
    Proposal {
        owner_id: dice.of(&[None, Some("a"), Some("c")]).map(str::to_owned),
        product: dice.of(&[None, Some("alpha"), Some("gamma")]).map(str::to_owned),
        solicited: dice.one_in(8),
        at: dice.one_in(3).then(|| NOW + dice.micros(10 * DAY)),
        ..Proposal::new(HCP, dice.of(&[Channel::FaceToFace, Channel::Email, Channel::Congress]))
    }
}

fn denies(shards: &Shards, proposal: &Proposal, asked: Asked, at: Micros) -> bool {
    let moved = Proposal { at: Some(at), ..proposal.clone() };
    check(shards, &moved, asked, &mut Scratch::default()).verdict == Verdict::Deny
}

#[test]
fn at_next_free_at_the_check_passes_and_before_it_denies() {
    let (mut waits, mut never, mut free) = (0, 0, 0);
    for seed in 0..600 {
        let shards = world(seed).shards(Ownership::Sole);
        let dice = &mut Dice(seed ^ 0xC0FFEE);
        for audience in Audience::ALL {
            let asked = Asked { audience, now: NOW };
            let proposal = proposal(dice);
            let answer = check(&shards, &proposal, asked, &mut Scratch::default());
            let place = format!("seed {seed} {} {proposal:?}: {answer:?}", audience.as_str());
            let Some(free_at) = answer.next_free_at else {
                never += 1;
                assert_eq!(answer.verdict, Verdict::Deny, "{place}");
                continue;
            };
            assert!(!denies(&shards, &proposal, asked, free_at), "{place}");
            assert_eq!(free_at > answer.at, answer.verdict == Verdict::Deny, "{place}");
            if free_at == answer.at {
                free += 1;
                continue;
            }
            waits += 1;
            assert!(denies(&shards, &proposal, asked, (free_at - 1_000).max(answer.at)), "{place}");
            for _ in 0..12 {
                let between = answer.at + dice.micros(free_at - answer.at);
                assert!(denies(&shards, &proposal, asked, between), "it passes at {between} already; {place}");
            }
        }
    }
    assert!(waits > 150 && never > 30 && free > 150, "{waits} wait, {never} never, {free} are free");
}
