//! The naive replay: hour by hour, each waiting touch tries again, those that have waited longest first. Everything is
//! counted anew every time. Instants are full hours.

use super::super::{Fate, Scenario};
use super::{MONDAY, mail, visit};
use touchpoint::policy::{Basis, Meeting, Per, TouchFacts};
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Precision, Purpose};

/// A small generator of numbers (SplitMix64): the same seed, the same touches.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % end
    }
}

/// A touch of a test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    at: Micros,
    sender: Option<Origin>,
    owner: &'static str,
    is_solicited: bool,
    is_service: bool,
    is_date: bool,
}

impl Touch {
    pub(super) fn any(random: &mut Random, days: usize) -> Self {
        Self {
            at: MONDAY + random.below(days * 24) as i64 * HOUR,
            sender: [None, Some(Origin::Rep), Some(Origin::Hq)][random.below(3)],
            owner: ["a", "b"][random.below(2)],
            is_solicited: random.below(10) == 0,
            is_service: random.below(10) == 0,
            is_date: random.below(10) == 0,
        }
    }

    pub(super) fn row(&self) -> RecordRow<'static> {
        let row = self.sender.map_or_else(|| visit(self.at), |origin| mail(self.at, origin));
        RecordRow {
            owner_id: Some(self.owner),
            solicited: self.is_solicited,
            business_function: Some(self.function()),
            purpose: Some(if self.is_service { Purpose::Service } else { Purpose::Promotional }),
            precision: Some(if self.is_date { Precision::Date } else { Precision::Instant }),
            ..row
        }
    }

    fn function(&self) -> BusinessFunction {
        if self.sender == Some(Origin::Hq) { BusinessFunction::Marketing } else { BusinessFunction::Sales }
    }

    fn facts(&self) -> TouchFacts<'static> {
        TouchFacts {
            kind: if self.sender.is_some() { Kind::Emails } else { Kind::Calls },
            channel: if self.sender.is_some() { Channel::Email } else { Channel::FaceToFace },
            origin: self.sender,
            meeting: self.sender.is_none().then_some(Meeting::OneToOne),
            function: self.function(),
            purpose: Purpose::Promotional,
            product: None,
            basis: Basis::Unsolicited,
        }
    }
}

/// Every held touch with what became of it, by instant and then by text.
pub(super) fn fates(touches: &[Touch], scenario: &Scenario) -> Vec<(Micros, Fate)> {
    let mut asked: Vec<Touch> =
        touches.iter().copied().filter(|t| !t.is_solicited && !t.is_service && t.at < scenario.to).collect();
    // Stable: of one instant the ids, and so the order of the rows, decide.
    asked.sort_by_key(|touch| touch.at);
    // Rows of one instant are told apart by source, which is one, then by event id, which is the place in `touches`.
    let (mut made, mut waiting, mut fates) = (Vec::new(), Vec::<Touch>::new(), Vec::new());
    let hours = (scenario.to + scenario.longest_wait - MONDAY) / HOUR;
    for hour in 0..=hours {
        let now = MONDAY + hour * HOUR;
        let mut still = Vec::new();
        for touch in waiting {
            if now - touch.at > scenario.longest_wait {
                fates.push((touch.at, Fate::Never));
            } else if is_allowed(&touch, now, &made, scenario) {
                made.push((now, touch));
                fates.push((touch.at, Fate::Later(now)));
            } else {
                still.push(touch);
            }
        }
        waiting = still;
        for touch in asked.iter().filter(|touch| touch.at == now) {
            if now < scenario.from || is_allowed(touch, now, &made, scenario) {
                made.push((now, *touch));
            } else {
                waiting.push(*touch);
            }
        }
    }
    fates.extend(waiting.iter().map(|touch| (touch.at, Fate::Never)));
    fates.sort_by_key(|(at, fate)| (*at, format!("{fate:?}")));
    fates
}

fn is_allowed(touch: &Touch, now: Micros, made: &[(Micros, Touch)], scenario: &Scenario) -> bool {
    let policy = &scenario.other;
    let fits = policy.budgets.iter().all(|budget| {
        let used = made.iter().filter(|(at, other)| {
            let shares = budget.per == Per::Hcp || other.owner == touch.owner;
            *at > now - budget.window && *at <= now && budget.counts(&other.facts()) && shares
        });
        budget.is_bypassed_by(&touch.facts()) || budget.cap.is_none_or(|cap| used.count() < cap as usize)
    });
    let apart = policy.minimum_gaps.iter().all(|gap| {
        let takes_part = |one: &Touch| gap.scope.matches(&one.facts()) && !(one.is_date && gap.gap < DAY);
        let near = |(at, other): &(Micros, Touch)| takes_part(other) && now - *at < gap.gap;
        !takes_part(touch) || !made.iter().any(near)
    });
    fits && apart
}
