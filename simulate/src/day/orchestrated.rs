//! The steps of plans: put into the calendar a week ahead, carried out by whichever function the step names.

use crate::calendar::Day;
use crate::id::{Owner, Role};
use crate::interaction::call::CallShape;
use crate::interaction::email::EmailShape;
use crate::scribe::{Act, Scribe};
use crate::world::{HcpIndex, Message, PlanRef, PlanStep, StepChannel};
use touchpoint::Micros;
use touchpoint::words::Channel;

/// Days between planning a step and carrying it out: a whole week, so that both fall on the same weekday.
const LEAD: i64 = 7;

impl Scribe<'_> {
    /// Plans the steps due in a week.
    pub(super) fn plan_day(&mut self, day: Day) {
        if self.config().profile.enrolled == 0.0 {
            return;
        }
        for hcp in 0..self.world.hcps() {
            if !self.world.is_enrolled(hcp) {
                continue;
            }
            if let Some((theme, step)) = self.world.step_on(hcp, day + LEAD) {
                let at = self.working_moment(self.world.place_on(hcp, day + LEAD), day + LEAD);
                let planned_at = self.working_moment(self.world.place_on(hcp, day), day);
                self.carry_out(theme, step, (hcp, at), Some(planned_at));
            }
        }
    }

    /// One step of the plan of `theme`: for whom and when, and when it was planned.
    pub(crate) fn carry_out(
        &mut self,
        theme: u32,
        step: PlanStep,
        (hcp, at): (HcpIndex, Micros),
        planned_at: Option<Micros>,
    ) {
        let brand = self.world.brand_of(theme);
        let owner = match step.role {
            Role::Rep => self.world.rep_of(hcp),
            Role::Msl => self.world.msl_of(hcp),
            role => Owner { role, number: brand },
        };
        let topics = self.config().catalogue.topics_per_theme;
        let message = Message {
            brand,
            theme: Some(theme),
            topic: Some(theme * topics + (step.number - 1) % topics),
            plan: Some(PlanRef { plan: theme, step: step.number }),
        };
        let act = Act { owner, hcp, at, message };
        let channel = match step.channel {
            StepChannel::Email => return self.email(&act, EmailShape { scheduled_at: planned_at, answers: None }),
            StepChannel::FaceToFace => Channel::FaceToFace,
            StepChannel::Video => Channel::Video,
        };
        self.call(&act, CallShape { channel, planned_at, answers: None });
    }
}
