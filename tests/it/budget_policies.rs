//! Policies with budgets: one with each kind of rule, seeded awkward ones, and one under which only budgets make wait.

use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use touchpoint::policy::{
    Basis, Budget, Condition, Meeting, MinimumGap, NameSet, Per, QuietHours, QuietSpan, Rule, Scope, Selector, WordSet,
};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Policy, Purpose, Word};

/// Budgets of all, by channel, function, product and origin, per owner and per product, gaps, and quiet nights.
pub(crate) fn everyday() -> Policy {
    let scope = Scope::default;
    let visits = Scope { channels: WordSet::of(&[Channel::FaceToFace, Channel::Phone]), ..scope() };
    let alone = Scope { meetings: WordSet::of(&[Meeting::OneToOne]), ..scope() };
    let medical = Scope { functions: WordSet::of(&[BusinessFunction::Medical]), ..scope() };
    let mails = Scope { kinds: WordSet::of(&[Kind::Emails]), origins: WordSet::of(&[Origin::Hq]), ..scope() };
    let alpha = Scope { products: NameSet::of(["alpha"]), ..scope() };
    let promotional = Scope { purposes: WordSet::of(&[Purpose::Promotional]), ..scope() };
    let promotional = Rule::AnyOf(vec![Condition { scope: promotional, ..Condition::default() }]);
    let north = Selector { territories: NameSet::of(["north"]), ..Selector::default() };
    let segment = |name: &str| Selector { segments: NameSet::of([name]), ..Selector::default() };
    let budgets = vec![
        Budget { selector: north.clone(), ..Budget::new("all", Some(9), 28 * DAY) },
        Budget { selector: segment("A"), ..Budget::new("day", Some(1), DAY) },
        Budget { counts: promotional, ..Budget::new("year", Some(30), 365 * DAY) },
        Budget { scope: visits.clone(), selector: north, ..Budget::new("visits", Some(3), 14 * DAY) },
        Budget { scope: alone, ..Budget::new("one-to-one", Some(4), 30 * DAY) },
        Budget { scope: medical, selector: segment("A"), ..Budget::new("medical", Some(1), 90 * DAY) },
        Budget { scope: mails, selector: segment("B"), ..Budget::new("no-hq-mail", Some(0), 7 * DAY) },
        Budget { scope: alpha, per: Per::Owner, ..Budget::new("alpha-voice", Some(3), 60 * DAY) },
        Budget { per: Per::Product, ..Budget::new("product", Some(20), 28 * DAY) },
        Budget::new("open", None, 28 * DAY),
    ];
    let gap = |name: &str, selector, scope, gap| MinimumGap { name: name.into(), selector, scope, gap };
    let minimum_gaps = vec![
        gap("visit-gap", segment("A"), visits, 20 * HOUR),
        gap("any-gap", Selector::default(), Scope::default(), 30 * HOUR),
    ];
    let night = QuietSpan { days: WordSet::ANY, from: 20 * 60 + 30, to: 7 * 60 };
    let quiet_hours = QuietHours::try_new(vec![night]).ok();
    Policy { version: "everyday".into(), budgets, minimum_gaps, quiet_hours, ..Policy::default() }
}

/// Minimum gaps and quiet hours without any budget: a time without a use.
pub(crate) fn gaps_only() -> Policy {
    Policy { version: "gaps only".into(), budgets: Vec::new(), ..everyday() }
}

/// Budgets of every HCP over all its touches and over its visits: no selector, gap or quiet hour moves the time.
pub(crate) fn waiting() -> Policy {
    let visits = Scope { channels: WordSet::of(&[Channel::FaceToFace]), ..Scope::default() };
    let sales = Scope { functions: WordSet::of(&[BusinessFunction::Sales]), ..Scope::default() };
    let sales = Rule::AnyOf(vec![Condition { scope: sales, ..Condition::default() }]);
    let budgets = vec![
        Budget::new("month", Some(4), 28 * DAY),
        Budget::new("week", Some(1), 7 * DAY),
        Budget { scope: visits, ..Budget::new("visits", Some(1), 21 * DAY) },
        Budget { counts: sales, ..Budget::new("sales", Some(6), 90 * DAY) },
    ];
    Policy { version: "waiting".into(), budgets, ..Policy::default() }
}

/// Any rules at all, the same for the same seed.
pub(crate) fn seeded(seed: u64) -> Policy {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let budgets = (0..rng.random_range(1..7)).map(|i| budget(rng, i)).collect();
    let minimum_gaps = (0..rng.random_range(0..3)).map(|i| minimum_gap(rng, i)).collect();
    let spans = (0..rng.random_range(0..4)).map(|_| QuietSpan {
        days: some_words(rng, 0.3),
        from: rng.random_range(0..1440),
        to: rng.random_range(1..=1440),
    });
    let spans: Vec<QuietSpan> = spans.collect();
    let quiet_hours = QuietHours::try_new(spans).ok();
    Policy { version: format!("seeded {seed}"), budgets, minimum_gaps, quiet_hours, ..Policy::default() }
}

fn budget(rng: &mut ChaCha8Rng, index: u32) -> Budget {
    let cap = match rng.random_range(0..20) {
        0 => None,
        1 => Some(0),
        _ => *[Some(1), Some(2), Some(3), Some(5), Some(12)].choose(rng).expect("caps"),
    };
    let window =
        *[HOUR, DAY, 7 * DAY, 14 * DAY, 28 * DAY, 90 * DAY, 365 * DAY, 400 * DAY].choose(rng).expect("windows");
    Budget {
        selector: selector(rng),
        scope: scope(rng, 0.8),
        per: *Per::ALL.choose(rng).expect("words"),
        counts: rule(rng),
        bypass: rule(rng),
        ..Budget::new(format!("budget-{index}"), cap, window)
    }
}

fn minimum_gap(rng: &mut ChaCha8Rng, index: u32) -> MinimumGap {
    let gaps: [Micros; 6] = [HOUR, 12 * HOUR, DAY - 1, DAY, 72 * HOUR, 30 * DAY];
    let gap = *gaps.choose(rng).expect("gaps");
    MinimumGap { name: format!("gap-{index}"), selector: selector(rng), scope: scope(rng, 0.8), gap }
}

fn selector(rng: &mut ChaCha8Rng) -> Selector {
    let mut selector = Selector::default();
    match rng.random_range(0..8) {
        0 => selector.segments = NameSet::of(["A"]),
        1 => selector.segments = NameSet::of(["B", "C"]),
        2 => selector.territories = NameSet::of(["north"]),
        3 => selector.specialties = NameSet::of(["cardiology"]),
        _ => {}
    }
    selector
}

/// Each condition is left open with a chance of `open`.
fn scope(rng: &mut ChaCha8Rng, open: f64) -> Scope {
    let products: &[&str] = if rng.random_bool(open) { &[] } else { &["alpha", "gamma"] };
    Scope {
        kinds: some_words(rng, open),
        channels: some_words(rng, open),
        // It leaves e-mails only.
        origins: some_words(rng, 0.95),
        // It leaves calls only.
        meetings: some_words(rng, 0.9),
        functions: some_words(rng, open),
        products: NameSet::of(products.iter().copied()),
        purposes: some_words(rng, open),
    }
}

fn rule(rng: &mut ChaCha8Rng) -> Rule {
    match rng.random_range(0..10) {
        0 => Rule::Never,
        1..=5 => Rule::Always,
        _ => {
            let condition = |_| Condition { scope: scope(rng, 0.6), bases: some_words::<Basis>(rng, 0.5) };
            Rule::AnyOf((0..2).map(condition).collect())
        }
    }
}

fn some_words<W: Word>(rng: &mut ChaCha8Rng, open: f64) -> WordSet<W> {
    if rng.random_bool(open) {
        return WordSet::ANY;
    }
    let count = rng.random_range(1..=W::ALL.len().min(4));
    WordSet::of(&W::ALL.iter().copied().choose_multiple(rng, count))
}
