//! Engagement plans: ordered steps of several functions with gaps, one plan per theme.
//!
//! An enrolled HCP goes through the plan of its theme once per cycle of twelve weeks. The days of the steps are hashes,
//! drawn three days inside the plan's gaps, so that neither moving a step off a weekend nor the hour breaks a gap.

use crate::calendar::{Day, day_of, local_instant, weekday};
use crate::config::Span;
use crate::id::{Named, Role};
use crate::seed::Purpose;
use crate::world::catalogue::CYCLE_DAYS;
use crate::world::{HcpIndex, World};
use touchpoint::reference::Validity;
use touchpoint::time::EARLIEST;

/// Days by which the days of steps are drawn inside the shortest gaps.
const INSIDE: i64 = 3;

/// How a step reaches the HCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepChannel {
    /// Visit.
    FaceToFace,
    /// Video call.
    Video,
    /// E-mail by the rep or by headquarters, whichever the role is.
    Email,
}

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanStep {
    /// Number within the plan, from 1.
    pub number: u32,
    /// Who acts.
    pub role: Role,
    /// How.
    pub channel: StepChannel,
    /// Fewest days after the step before; the first step has 0.
    pub min_gap_days: i64,
    /// Most days after the step before; the first step has 0.
    pub max_gap_days: i64,
}

/// A plan: the steps allowed one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `plan_id`.
    pub id: String,
    /// `theme` of all its touches.
    pub theme: String,
    /// `product` of all its touches.
    pub product: String,
    /// In order.
    pub steps: Vec<PlanStep>,
}

/// One way of an HCP through a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) plan: u32,
    /// The cycle: from local midnight of its first day to that of the next one.
    pub(crate) validity: Validity,
}

/// A step that a touch carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanRef {
    pub(crate) plan: u32,
    pub(crate) step: u32,
}

const fn step(number: u32, role: Role, channel: StepChannel, min_gap_days: i64, max_gap_days: i64) -> PlanStep {
    PlanStep { number, role, channel, min_gap_days, max_gap_days }
}

impl PlanStep {
    /// The fewest days that its day is drawn after that of the step before, and how many days may be drawn.
    pub(crate) fn drawn(&self) -> (i64, i64) {
        let slack = (self.max_gap_days - self.min_gap_days - 5).max(1);
        if self.min_gap_days > 0 { (self.min_gap_days + INSIDE, slack) } else { (0, 1) }
    }
}

/// The two shapes of plan; even themes have the first.
const SHAPES: [[PlanStep; 5]; 2] = [
    [
        step(1, Role::Rep, StepChannel::FaceToFace, 0, 0),
        step(2, Role::Rep, StepChannel::Email, 3, 10),
        step(3, Role::Msl, StepChannel::Video, 5, 21),
        step(4, Role::Hq, StepChannel::Email, 4, 14),
        step(5, Role::Rep, StepChannel::FaceToFace, 7, 28),
    ],
    [
        step(1, Role::Hq, StepChannel::Email, 0, 0),
        step(2, Role::Rep, StepChannel::FaceToFace, 4, 14),
        step(3, Role::Rep, StepChannel::Email, 3, 10),
        step(4, Role::Msl, StepChannel::FaceToFace, 7, 28),
        step(5, Role::Rep, StepChannel::Video, 5, 21),
    ],
];

impl World {
    /// Every plan; only scenarios that enrol HCPs use them.
    pub fn plans(&self) -> Vec<Plan> {
        let plan = |theme: u32| Plan {
            id: Named::Plan(theme + 1).id(),
            theme: Named::Theme(theme + 1).id(),
            product: Named::Product(self.brand_of(theme) + 1).id(),
            steps: shape(theme).to_vec(),
        };
        (0..self.themes()).map(plan).collect()
    }

    /// Whether the HCP goes through plans.
    pub(crate) fn is_enrolled(&self, hcp: HcpIndex) -> bool {
        self.seed().unit(Purpose::Enrolled, u64::from(hcp), 0) < self.config().profile.enrolled
    }

    /// The runs of an HCP through plans, from the one that `span` begins in to the one after its end; none without
    /// enrolment.
    pub(crate) fn runs(&self, hcp: HcpIndex, span: Span) -> impl Iterator<Item = Run> {
        let (first, last) = (self.cycle(hcp, day_of(span.from)), self.cycle(hcp, day_of(span.to)) + 1);
        let cycles = if self.is_enrolled(hcp) { first..last + 1 } else { 0..0 };
        cycles.map(move |cycle| {
            let day = |cycle: i64| cycle * CYCLE_DAYS - self.cycle_phase(hcp);
            let start = |day: Day| local_instant(self.place_on(hcp, day).zone, day, 0).max(EARLIEST);
            let validity = Validity { from: start(day(cycle)), to: start(day(cycle + 1)) };
            Run { plan: self.shared_theme(hcp, day(cycle)), validity }
        })
    }

    /// The step that is carried out on `day` for an enrolled HCP; weekends' steps wait for Monday.
    pub(crate) fn step_on(&self, hcp: HcpIndex, day: Day) -> Option<(u32, PlanStep)> {
        let waited = match weekday(day) {
            0 => 0..=2,
            1..=4 => 0..=0,
            _ => return None,
        };
        waited.into_iter().find_map(|back| self.step_due(hcp, day - back))
    }

    /// The `n`-th step (from 0, without end) of the HCP's plan of `day`, for traffic that knows no calendar.
    pub(crate) fn step_number(&self, hcp: HcpIndex, day: Day, n: u32) -> Option<(u32, PlanStep)> {
        let theme = self.shared_theme(hcp, day);
        let steps = shape(theme);
        steps.get(n as usize % steps.len()).map(|s| (theme, *s))
    }

    fn step_due(&self, hcp: HcpIndex, day: Day) -> Option<(u32, PlanStep)> {
        let into_cycle = (day + self.cycle_phase(hcp)).rem_euclid(CYCLE_DAYS);
        let cycle = self.cycle(hcp, day) as u64;
        let theme = self.shared_theme(hcp, day);
        let mut due = 0;
        for step in shape(theme) {
            let number = u64::from(step.number);
            let (fewest, slack) = step.drawn();
            let key = u64::from(hcp) << 8 | number;
            due += fewest + self.seed().below(Purpose::PlanGap, key, cycle, slack.unsigned_abs()) as i64;
            if due == into_cycle {
                let kept = self.seed().unit(Purpose::PlanSkip, key, cycle) < self.config().profile.adherence;
                return kept.then_some((theme, *step));
            }
        }
        None
    }
}

fn shape(theme: u32) -> &'static [PlanStep] {
    match SHAPES.get(theme as usize % SHAPES.len()) {
        Some(steps) => steps,
        None => &[],
    }
}
