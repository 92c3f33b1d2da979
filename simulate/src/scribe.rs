//! Writes interactions down: numbers them, draws delays, adds edits, deletes and duplicates.
//!
//! An interaction is written as a whole: all its records, whatever later day they arrive on. One that would begin
//! before the series does is left out as a whole, so nothing ever follows a record that was never sent.

use crate::calendar::{Day, local_day, local_instant};
use crate::config::{LatenessConfig, WorldConfig};
use crate::draft::{Dispatch, Draft, Extra, Occurred};
use crate::id::{EventId, Owner, Series};
use crate::world::{HcpIndex, Message, Place, World};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};
use touchpoint::Micros;
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::words::{Kind, Op, Word};

/// Number of kinds, each numbered on its own.
pub(crate) const KINDS: usize = Kind::ALL.len();

/// Who turns to whom, when, about what: what all interactions have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Act {
    pub(crate) owner: Owner,
    pub(crate) hcp: HcpIndex,
    pub(crate) at: Micros,
    pub(crate) message: Message,
}

/// Collects the records of a series of interactions.
#[derive(Debug)]
pub(crate) struct Scribe<'a> {
    pub(crate) world: &'a World,
    pub(crate) rng: ChaCha8Rng,
    series: Series,
    not_before: Micros,
    numbers: [u32; KINDS],
    interaction: Vec<Dispatch>,
    written: Vec<Dispatch>,
}

impl<'a> Scribe<'a> {
    /// A scribe for one series; `not_before` is when the log begins.
    pub(crate) fn new(world: &'a World, series: Series, not_before: Micros, rng: ChaCha8Rng) -> Self {
        let numbers = [0; KINDS];
        Self { world, rng, series, not_before, numbers, interaction: Vec::new(), written: Vec::new() }
    }

    /// Goes on where an earlier scribe of the series stopped.
    pub(crate) fn resume(mut self, numbers: [u32; KINDS]) -> Self {
        self.numbers = numbers;
        self
    }

    /// Everything written since the last call, in no order of arrival.
    pub(crate) fn take(&mut self) -> Vec<Dispatch> {
        std::mem::take(&mut self.written)
    }

    /// How far each kind is numbered, and the generator, for [`Scribe::resume`].
    pub(crate) fn into_parts(self) -> ([u32; KINDS], ChaCha8Rng) {
        (self.numbers, self.rng)
    }

    pub(crate) fn config(&self) -> &'a WorldConfig {
        self.world.config()
    }

    /// What `owner` says to `hcp` on `day`, about `brand` if the owner has to.
    pub(crate) fn message(&mut self, owner: Owner, hcp: HcpIndex, day: Day, brand: Option<u32>) -> Message {
        let theme = if self.chance(self.config().profile.shared_theme) {
            self.world.shared_theme(hcp, day)
        } else {
            let brand = brand.unwrap_or_else(|| self.world.brand_focus(owner, day, &mut self.rng));
            self.world.own_theme(owner, brand, day)
        };
        self.say(theme)
    }

    /// A message of `theme`, recorded as well as the scenario records.
    pub(crate) fn say(&mut self, theme: u32) -> Message {
        let topics = self.config().catalogue.topics_per_theme;
        let topic = theme * topics + self.rng.random_range(0..topics);
        let known = self.chance(self.config().profile.theme_coverage);
        Message {
            brand: self.world.brand_of(theme),
            theme: known.then_some(theme),
            topic: known.then_some(topic),
            plan: None,
        }
    }

    /// A new interaction's first draft, with what every record of `act` repeats.
    pub(crate) fn draft(&mut self, kind: Kind, act: &Act) -> Draft {
        let mut draft = Draft::new(kind, self.next_event(kind), act.hcp);
        draft.occurred = Occurred::Instant(act.at);
        draft.function = act.owner.role.function();
        draft.owner = Some(act.owner);
        draft.account = Some(self.world.account_of(act.hcp, act.at));
        draft.message = act.message;
        draft
    }

    /// Adds a record to the interaction at hand; it reaches the log moments after its source recorded it.
    pub(crate) fn record(&mut self, mut draft: Draft, recorded_at: Micros) {
        draft.recorded_at = recorded_at / SECOND * SECOND;
        let unknown = self.chance(self.config().corrections.unknown_field_share);
        draft.extra = if unknown { Extra::UnknownField } else { Extra::Nothing };
        let arrival = recorded_at + self.rng.random_range(20_000..2_000_000);
        self.interaction.push(Dispatch { arrival, draft });
    }

    /// Ends the interaction at hand: corrects it, repeats some of it, and keeps it if the log had begun.
    pub(crate) fn close(&mut self) {
        self.correct();
        self.duplicate();
        let first = self.interaction.iter().map(|d| d.arrival).min();
        if first.is_some_and(|first| first >= self.not_before) {
            self.written.append(&mut self.interaction);
        }
        self.interaction.clear();
    }

    /// When a person enters into the CRM what happened at `at`.
    pub(crate) fn entered(&mut self, at: Micros) -> Micros {
        at + lateness(&self.world.config().lateness, &mut self.rng)
    }

    /// When a machine records what happened at `at`.
    pub(crate) fn logged(&mut self, at: Micros) -> Micros {
        at + self.rng.random_range(SECOND..60 * SECOND)
    }

    /// A moment of the working day of wherever `place` is.
    pub(crate) fn working_moment(&mut self, place: Place, day: Day) -> Micros {
        let field = &self.world.config().field;
        let minute = self.rng.random_range(field.from_hour * 60..field.to_hour * 60);
        let second = self.rng.random_range(0..60_u32);
        local_instant(place.zone, day, i64::from(minute * 60 + second))
    }

    /// A duration with a median and a 95th percentile, lognormal.
    pub(crate) fn lognormal(&mut self, median: f64, p95: f64) -> f64 {
        // 1.645 is the 95 % quantile of the standard normal distribution.
        let sigma = (p95 / median).max(1.0).ln() / 1.645;
        LogNormal::new(median.ln(), sigma).map_or(median, |d| d.sample(&mut self.rng))
    }

    /// True with probability `share`.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.rng.random::<f64>() < share
    }

    /// One of `choices`, by weight; the first when all weights are 0.
    pub(crate) fn choose<T: Copy>(&mut self, choices: &[(T, f64)], otherwise: T) -> T {
        choices.choose_weighted(&mut self.rng, |c| c.1).map_or(otherwise, |c| c.0)
    }

    /// The local date of `at` at the HCP, for sources that know only the day.
    pub(crate) fn local_date(&self, hcp: HcpIndex, at: Micros) -> Occurred {
        Occurred::Date(local_day(self.world.place_of(hcp, at).zone, at))
    }

    fn next_event(&mut self, kind: Kind) -> EventId {
        let mut number = 0;
        if let Some(next) = self.numbers.get_mut(usize::from(kind.code())) {
            number = *next;
            *next += 1;
        }
        EventId::new(kind, self.series, number)
    }

    fn correct(&mut self) {
        // Corrected is the state reached, after everything was recorded: a late record must not undo it.
        let rank = |d: &Dispatch| d.draft.status.rank(d.draft.kind);
        let Some(reached) = self.interaction.iter().max_by_key(|d| rank(d)).copied() else { return };
        let recorded_at = self.interaction.iter().map(|d| d.draft.recorded_at).max().unwrap_or_default();
        let corrections = self.config().corrections;
        let u: f64 = self.rng.random();
        let delay = (self.lognormal(1.0, 10.0).min(60.0) * DAY as f64) as Micros;
        let at = recorded_at + HOUR / 4 + delay;
        let mut draft = reached.draft;
        draft.version += 1;
        if u < corrections.deleted_share {
            draft.op = Op::Delete;
            self.record(draft, at);
        } else if u < corrections.deleted_share + corrections.edited_share {
            self.edit(&mut draft);
            self.record(draft, at);
        }
    }

    /// A correction as people make them: the length of a call, the message of anything else.
    fn edit(&mut self, draft: &mut Draft) {
        if let Some(seconds) = &mut draft.duration_s {
            *seconds += 60 * self.rng.random_range(1..=10);
            return;
        }
        let theme = draft.message.theme.unwrap_or_else(|| {
            let per_brand = self.world.config().catalogue.themes_per_brand;
            draft.message.brand * per_brand + self.rng.random_range(0..per_brand)
        });
        let topics = self.config().catalogue.topics_per_theme;
        draft.message.theme = Some(theme);
        draft.message.topic = Some(theme * topics + self.rng.random_range(0..topics));
    }

    fn duplicate(&mut self) {
        for i in 0..self.interaction.len() {
            if !self.chance(self.config().corrections.duplicated_share) {
                continue;
            }
            let again = self.rng.random_range(SECOND..6 * HOUR);
            let copy = self.interaction.get(i).map(|d| Dispatch { arrival: d.arrival + again, draft: d.draft });
            self.interaction.extend(copy);
        }
    }
}

/// How much later than it happened something is entered: at the end of the day, within days, or within weeks.
pub(crate) fn lateness(config: &LatenessConfig, rng: &mut ChaCha8Rng) -> Micros {
    let hours = |h: f64| (h * HOUR as f64) as Micros;
    let days = |d: f64| (d * DAY as f64) as Micros;
    let u: f64 = rng.random();
    let (from, to) = if u < config.prompt_share {
        (hours(0.05), hours(config.prompt_hours))
    } else if u < config.prompt_share + config.slow_share {
        (hours(config.prompt_hours), days(config.slow_days))
    } else {
        (days(config.slow_days), days(config.max_days))
    };
    rng.random_range(from..to.max(from + SECOND))
}
