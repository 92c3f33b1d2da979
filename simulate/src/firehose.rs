//! Load: valid, varied records as fast as one core can write them, for throughput tests.
//!
//! A pool of drafts of each kind is taken from ordinary days of the same company; each record is one of them with an id
//! of its own, another HCP with its rep or MSL and account, and all its instants moved, so statuses, lateness and
//! optional fields are those of the world. Every record is an interaction of its own. No bad records.
//!
//! HCPs are chosen as `n · u^skew`, u uniform: all of them occur, and the busiest gets a share of n^(−1/skew). At the
//! default 1.5 that is 45 times the mean at 100,000 HCPs, what the world's lognormal activity gives too.

use crate::calendar::day_of;
use crate::config::{ConfigError, PoisonConfig, Span, WorldConfig};
use crate::day::write_day;
use crate::draft::{Dispatch, Draft, Occurred};
use crate::id::{EventId, Named, Role, Series};
use crate::produced::Produced;
use crate::scribe::KINDS;
use crate::seed::Purpose;
use crate::world::World;
use crate::write::write_record;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::time::DAY;
use touchpoint::words::{Kind, Word};

/// HCPs of the company whose days fill the pool.
const POOL_HCPS: u32 = 3_000;
/// Drafts of each kind that are enough.
const POOL: usize = 512;

/// What load looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirehoseConfig {
    /// Marks the ids; two runs with different numbers never share an id.
    pub run: u32,
    /// Number of records, at most 2^32.
    pub count: u64,
    /// Arrivals are spread evenly over this span.
    pub span: Span,
    /// Exponent of the skew over HCPs, at least 1 (all alike).
    pub skew: f64,
    /// Shares of calls, e-mails, congress invitations and requests.
    pub mix: [f64; KINDS],
}

impl FirehoseConfig {
    /// `count` records over `span` with the default mix of 35, 45, 8 and 12 %.
    pub fn new(count: u64, span: Span) -> Self {
        Self { run: 0, count, span, skew: 1.5, mix: [0.35, 0.45, 0.08, 0.12] }
    }
}

/// Records as fast as possible, in order of arrival.
#[derive(Debug, Clone)]
pub struct Firehose {
    world: Arc<World>,
    config: FirehoseConfig,
    rng: ChaCha8Rng,
    pool: [Vec<Dispatch>; KINDS],
    /// Running sum of the shares of the kinds that the pool has.
    mix: [f64; KINDS],
    scatter: u64,
    next: u64,
}

impl Firehose {
    pub(crate) fn new(world: Arc<World>, config: FirehoseConfig) -> Result<Self, ConfigError> {
        let pool = fill_pool(world.config(), day_of(config.span.from))?;
        let mut mix = [0.0; KINDS];
        let mut sum = 0.0;
        for ((total, share), drafts) in mix.iter_mut().zip(config.mix).zip(&pool) {
            sum += if drafts.is_empty() { 0.0 } else { share.max(0.0) };
            *total = sum;
        }
        let rng = world.seed().generator(Purpose::Firehose, i64::from(config.run));
        let scatter = coprime(u64::from(world.hcps()));
        Ok(Self { world, config, rng, pool, mix, scatter, next: 0 })
    }

    /// Writes the next record into `item`, whose buffers it uses again. False when the count is reached.
    pub fn refill(&mut self, item: &mut Produced) -> bool {
        let Some(draft) = self.draft() else { return false };
        let arrival = self.arrival();
        self.next += 1;
        item.payload.clear();
        Named::Hcp(draft.hcp).push(&mut item.payload);
        item.key.clear();
        item.key.push_str(std::str::from_utf8(&item.payload).unwrap_or_default());
        item.payload.clear();
        write_record(&draft, &mut item.payload);
        (item.kind, item.arrival, item.expected) = (draft.kind, arrival, None);
        true
    }

    fn arrival(&self) -> Micros {
        let length = (self.config.span.to - self.config.span.from).max(0);
        let into = i128::from(length) * i128::from(self.next) / i128::from(self.config.count.max(1));
        self.config.span.from + into as Micros
    }

    fn draft(&mut self) -> Option<Draft> {
        if self.next >= self.config.count.min(1 << 32) {
            return None;
        }
        let u = self.rng.random::<f64>() * self.mix.last().copied().unwrap_or_default();
        let kind = self.mix.iter().position(|total| u < *total)?;
        let drafts = self.pool.get(kind)?;
        let template = *drafts.get(self.rng.random_range(0..drafts.len()))?;
        let hcp = self.hcp();
        let mut draft = moved(&template, self.arrival());
        draft.event = EventId::new(draft.kind, Series::Load(self.config.run), self.next as u32);
        draft.hcp = hcp;
        draft.account = draft.account.map(|_| self.world.account_of(hcp, self.config.span.from));
        draft.owner = draft.owner.map(|owner| match owner.role {
            Role::Rep => self.world.rep_of(hcp),
            Role::Msl => self.world.msl_of(hcp),
            _ => owner,
        });
        // The request it answered belongs to another HCP.
        draft.request = None;
        Some(draft)
    }

    fn hcp(&mut self) -> u32 {
        let hcps = u64::from(self.world.hcps());
        let u: f64 = self.rng.random();
        let rank = (hcps as f64 * u.powf(self.config.skew.max(1.0))) as u64;
        // Busy HCPs should not be neighbours; a factor without a common divisor makes a permutation.
        (rank.min(hcps - 1) * self.scatter % hcps) as u32
    }
}

impl Iterator for Firehose {
    type Item = Produced;

    fn next(&mut self) -> Option<Produced> {
        let mut item = Produced {
            kind: Kind::Calls,
            key: String::with_capacity(16),
            payload: Vec::with_capacity(384),
            arrival: 0,
            expected: None,
        };
        self.refill(&mut item).then_some(item)
    }
}

/// The template with all its instants moved so that it is recorded just before `arrival`.
fn moved(template: &Dispatch, arrival: Micros) -> Draft {
    let mut draft = template.draft;
    let shift = arrival - template.arrival;
    draft.occurred = match draft.occurred {
        Occurred::Instant(at) => Occurred::Instant(at + shift),
        Occurred::Date(day) => Occurred::Date(day + shift.div_euclid(DAY)),
    };
    draft.recorded_at += shift;
    draft.status_at = draft.status_at.map(|at| at + shift);
    draft.answered_at = draft.answered_at.map(|at| at + shift);
    draft
}

/// Drafts of each kind from the days of a small company of the same habits.
fn fill_pool(config: &WorldConfig, first: i64) -> Result<[Vec<Dispatch>; KINDS], ConfigError> {
    let small = WorldConfig { hcps: POOL_HCPS, poison: PoisonConfig::default(), ..config.clone() };
    let world = World::build(small)?;
    let mut pool: [Vec<Dispatch>; KINDS] = std::array::from_fn(|_| Vec::new());
    for day in first..first + 366 {
        for dispatch in write_day(&world, day, Micros::MIN) {
            if let Some(drafts) = pool.get_mut(usize::from(dispatch.draft.kind.code()))
                && drafts.len() < POOL
            {
                drafts.push(dispatch);
            }
        }
        if pool.iter().all(|drafts| drafts.len() >= POOL) {
            break;
        }
    }
    Ok(pool)
}

/// A factor near the golden section of `n` that has no divisor in common with it.
fn coprime(n: u64) -> u64 {
    let divisor = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut factor = ((n as f64 * 0.618) as u64).max(1);
    while divisor(factor, n) != 1 {
        factor += 1;
    }
    factor
}
