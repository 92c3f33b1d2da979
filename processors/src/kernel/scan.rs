//! One pass from the newest touch backwards fills every window.
//!
//! A window `(T − W, T]` is the newest stretch of the list, so the counts of a shorter window are a prefix of the pass
//! that fills a longer one: the pass stops at each window's edge, writes that window's values and goes on. Cost: one step
//! per touch of the longest window, whatever the number or the length of the windows.

use super::entry::Entry;
use super::plans::InPlan;
use super::tally::{CrossTally, FEW, FewTally, Tally, effective_number};
use super::touches::{SolicitedBasis, Touch};
use super::values::{MaybeReal, WindowValues};
use super::{Seen, within};
use touchpoint::time::{DAY, Micros};
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Word};

/// The tallies of one pass.
#[derive(Debug, Default)]
pub struct Tallies {
    themes: Tally,
    theme_channels: CrossTally,
    theme_functions: CrossTally,
    channels: FewTally,
    functions_with_theme: FewTally,
    functions: FewTally,
    /// Unknown owners too, under key 0: together they are one voice of their function.
    owners: Tally,
    unknown_owners: u64,
    voices: CrossTally,
}

impl Tallies {
    /// Forgets everything, keeps the buffers.
    fn clear(&mut self) {
        self.themes.clear();
        self.theme_channels.clear();
        self.theme_functions.clear();
        self.owners.clear();
        self.voices.clear();
        (self.channels, self.functions_with_theme, self.functions) = Default::default();
        self.unknown_owners = 0;
    }

    /// Effective number of known owners.
    fn voices(&self) -> Option<f64> {
        let unknown = self.unknown_owners;
        effective_number(self.owners.total - unknown, self.owners.squares - unknown * unknown)
    }
}

struct Attempts {
    all: u32,
    sales_visits: u32,
}

fn attempts(inside: &[Entry], audience: Audience) -> Attempts {
    let mut found = Attempts { all: 0, sales_visits: 0 };
    for entry in inside.iter().filter(|e| e.is_attempt() && e.counts_for(audience)) {
        found.all += 1;
        let visit = entry.channel() == Some(Channel::FaceToFace) && entry.function() == Some(BusinessFunction::Sales);
        found.sales_visits += u32::from(visit);
    }
    found
}

/// Where the pass stands: every touch newer than `next` is taken in. "Newer" is the touch the pass has just come from.
#[derive(Debug)]
pub struct Pass<'a> {
    seen: Seen<'a>,
    tallies: &'a mut Tallies,
    /// Touches older than this index are still to come.
    next: usize,
    counts: WindowValues,
    sales_visits: u32,
    newer_unsolicited: Option<&'a Touch>,
    newer_in_gap_rule: Option<&'a Touch>,
    newer_theme: u32,
    equal_themes: u32,
    gaps: Gaps,
    unknown_zone: bool,
    untimely: u32,
    in_plans: InPlans,
    without_consent: u32,
    by_channel: [u32; FEW],
    /// Index of the newest touch that may lie within 24 h of the present one, for the peak.
    peak_end: usize,
    peak_inside: u32,
}

impl<'a> Pass<'a> {
    /// A pass that has taken in nothing yet.
    pub fn new(seen: Seen<'a>, tallies: &'a mut Tallies) -> Self {
        tallies.clear();
        Self {
            seen,
            tallies,
            next: seen.touches.len(),
            counts: WindowValues::default(),
            sales_visits: 0,
            newer_unsolicited: None,
            newer_in_gap_rule: None,
            newer_theme: 0,
            equal_themes: 0,
            gaps: Gaps::default(),
            unknown_zone: false,
            untimely: 0,
            in_plans: InPlans::default(),
            without_consent: 0,
            by_channel: [0; FEW],
            peak_end: seen.touches.len(),
            peak_inside: 0,
        }
    }

    /// Goes back to the edge of a window and gives its values; windows come shortest first. Requests and coherence are
    /// filled afterwards.
    pub fn window(&mut self, length: Micros) -> WindowValues {
        let from = self.seen.instant.at - length;
        self.back_to(from);
        let mut values = self.values(length);
        let attempts = attempts(within(self.seen.retained, from, self.seen.instant.at), self.seen.audience);
        values.attempts = attempts.all;
        let visits = self.sales_visits;
        values.access_rate = MaybeReal::ratio(f64::from(visits), f64::from(visits + attempts.sales_visits));
        values
    }

    /// Takes in every touch with `at > from`.
    fn back_to(&mut self, from: Micros) {
        while let Some(touch) = self.next.checked_sub(1).and_then(|i| self.seen.touches.get(i)) {
            if touch.at <= from {
                return;
            }
            self.next -= 1;
            self.take(touch);
        }
    }

    fn take(&mut self, touch: &'a Touch) {
        self.counts.touches += 1;
        match touch.kind {
            Kind::Calls => self.counts.calls += 1,
            Kind::Emails => self.counts.emails += 1,
            Kind::Congress => self.counts.invitations += 1,
            Kind::Requests => {}
        }
        let visit = touch.channel == Channel::FaceToFace && touch.function == BusinessFunction::Sales;
        self.sales_visits += u32::from(visit && touch.kind == Kind::Calls);
        self.counts.declared += u32::from(touch.solicited == Some(SolicitedBasis::Declared));
        self.tallies.functions.add(touch.function.code());
        let owner = self.tallies.owners.add(touch.owner);
        self.tallies.unknown_owners += u64::from(touch.owner == 0);
        self.in_plans.add(touch.in_plan);
        self.without_consent += u32::from(touch.without_consent);
        if let Some(count) = self.by_channel.get_mut(usize::from(touch.channel.code())) {
            *count += 1;
        }
        if touch.theme != 0 {
            self.take_theme(touch);
        }
        if touch.is_unsolicited() {
            self.tallies.voices.add(owner, touch.function.code());
            self.take_unsolicited(touch);
        }
    }

    fn take_theme(&mut self, touch: &Touch) {
        let (channel, function) = (touch.channel.code(), touch.function.code());
        let theme = self.tallies.themes.add(touch.theme);
        self.tallies.channels.add(channel);
        self.tallies.functions_with_theme.add(function);
        self.tallies.theme_channels.add(theme, channel);
        self.tallies.theme_functions.add(theme, function);
        self.equal_themes += u32::from(self.newer_theme == touch.theme);
        self.newer_theme = touch.theme;
    }

    fn take_unsolicited(&mut self, touch: &'a Touch) {
        self.counts.unsolicited += 1;
        if let Some(newer) = self.newer_unsolicited {
            self.gaps.add(newer.at - touch.at);
        }
        self.newer_unsolicited = Some(touch);
        self.take_pair(touch);
        self.take_peak(touch);
        match touch.untimely {
            _ if touch.date_only => {}
            Some(untimely) => self.untimely += u32::from(untimely),
            None => self.unknown_zone = true,
        }
    }

    /// Collision or follow-up with the next newer unsolicited touch.
    fn take_pair(&mut self, touch: &'a Touch) {
        let gap = self.seen.instant.policy.gap;
        if touch.date_only && gap < DAY {
            return;
        }
        let Some(newer) = self.newer_in_gap_rule.replace(touch) else { return };
        if newer.at - touch.at >= gap {
            return;
        }
        let same_voice = newer.owner == touch.owner && newer.function == touch.function;
        let same_plan = newer.plan == touch.plan && touch.plan != 0;
        if !same_voice && !same_plan {
            self.counts.collisions += 1;
        }
        if same_voice && touch.owner != 0 {
            self.counts.follow_ups += 1;
        }
    }

    /// The most unsolicited touches with less than 24 h between first and last: those that begin with this one.
    fn take_peak(&mut self, touch: &Touch) {
        self.peak_inside += 1;
        while let Some(newest) = self.peak_end.checked_sub(1).and_then(|i| self.seen.touches.get(i)) {
            if newest.at - touch.at < DAY {
                break;
            }
            self.peak_end -= 1;
            self.peak_inside -= u32::from(newest.is_unsolicited());
        }
        self.counts.peak_24h = self.counts.peak_24h.max(self.peak_inside);
    }

    fn values(&self, length: Micros) -> WindowValues {
        let (counts, tallies) = (self.counts, &self.tallies);
        let (touches, unsolicited) = (f64::from(counts.touches), f64::from(counts.unsolicited));
        let support = tallies.themes.total;
        let zone_known = !self.unknown_zone && self.seen.instant.zone.is_some();
        let (known, in_plans) = (&self.seen.instant.known, &self.in_plans);
        let precision = known.steps.map_or(MaybeReal::NULL, |_| MaybeReal::ratio(f64::from(in_plans.mapped), touches));
        WindowValues {
            support: support as u32,
            untimely: zone_known.then_some(self.untimely),
            collision_rate: MaybeReal::ratio(f64::from(counts.collisions), (unsolicited - 1.0).max(0.0)),
            chance_collision_rate: self.chance_collision_rate(length).into(),
            burstiness: self.gaps.burstiness().into(),
            unsolicited_share: MaybeReal::ratio(unsolicited, touches),
            theme_coverage: MaybeReal::ratio(support as f64, touches),
            theme_continuity: MaybeReal::ratio(
                tallies.themes.equal_ordered_pairs() as f64,
                (support * support.saturating_sub(1)) as f64,
            ),
            cross_channel_agreement: agreement(&tallies.themes, &tallies.theme_channels, &tallies.channels),
            cross_function_agreement: agreement(
                &tallies.themes,
                &tallies.theme_functions,
                &tallies.functions_with_theme,
            ),
            sequential_continuity: MaybeReal::ratio(f64::from(self.equal_themes), support.saturating_sub(1) as f64),
            voices: tallies.voices().into(),
            function_voices: effective_number(tallies.functions.total, tallies.functions.squares).into(),
            sequence_coherence: MaybeReal::ratio(f64::from(in_plans.kept), f64::from(in_plans.pairs)),
            plan_precision: precision,
            consent_conflicts: known.consent.is_some().then_some(self.without_consent),
            channel_fit: self.channel_fit().into(),
            ..counts
        }
    }

    /// (1 − e^(−u·g/W)) · (1 − Σ n_k(n_k − 1) / (u(u − 1))).
    fn chance_collision_rate(&self, length: Micros) -> Option<f64> {
        let u = f64::from(self.counts.unsolicited);
        if u < 2.0 {
            return None;
        }
        let close = -(-u * self.seen.instant.policy.gap as f64 / length as f64).exp_m1();
        let same_voice = self.tallies.voices.equal_ordered_pairs() as f64 / (u * (u - 1.0));
        Some(close * (1.0 - same_voice))
    }

    /// 1 − ½ Σ |actual share − preferred share|.
    fn channel_fit(&self) -> Option<f64> {
        let preferred = self.seen.instant.known.preferred.as_ref().filter(|_| self.counts.touches > 0)?;
        let actual = self.by_channel.iter().map(|count| f64::from(*count) / f64::from(self.counts.touches));
        let apart: f64 = actual.zip(preferred).map(|(actual, preferred)| (actual - preferred).abs()).sum();
        Some(1.0 - apart / 2.0)
    }
}

/// What plans said of the touches taken in.
#[derive(Debug, Default, Clone, Copy)]
struct InPlans {
    mapped: u32,
    pairs: u32,
    kept: u32,
}

impl InPlans {
    fn add(&mut self, touch: InPlan) {
        self.mapped += u32::from(touch != InPlan::Unmapped);
        self.pairs += u32::from(matches!(touch, InPlan::Kept | InPlan::Broken));
        self.kept += u32::from(touch == InPlan::Kept);
    }
}

/// (Σ m_t² − Σ m_gt²) / (m² − Σ m_g²): the chance that two touches of different groups share a theme; NULL with one group.
fn agreement(themes: &Tally, themes_by_group: &CrossTally, groups: &FewTally) -> MaybeReal {
    let across = themes.total * themes.total - groups.squares;
    MaybeReal::ratio((themes.squares - themes_by_group.squares) as f64, across as f64)
}

/// The gaps between consecutive unsolicited touches, summed exactly so that equal gaps have no spread at all.
#[derive(Debug, Default, Clone, Copy)]
struct Gaps {
    number: i128,
    sum: i128,
    squares: i128,
}

impl Gaps {
    fn add(&mut self, gap: Micros) {
        let gap = i128::from(gap);
        self.number += 1;
        self.sum += gap;
        self.squares += gap * gap;
    }

    /// Kim–Jo: (√(m+1)·r − √(m−1)) / ((√(m+1) − 2)·r + √(m−1)); NULL below 3 gaps or when all are 0.
    fn burstiness(&self) -> Option<f64> {
        if self.number < 3 || self.sum == 0 {
            return None;
        }
        let m = self.number as f64;
        let spread = (self.number * self.squares - self.sum * self.sum) as f64;
        let r = spread.sqrt() / self.sum as f64;
        let (above, below) = ((m + 1.0).sqrt(), (m - 1.0).sqrt());
        Some((above * r - below) / ((above - 2.0) * r + below))
    }
}
