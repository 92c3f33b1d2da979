//! A call: perhaps planned, then completed, refused at the door, or called off.
//!
//! Every record is entered by a person, hence late. A planned call has its appointment as `occurred_at`; when it was
//! held at another time, the later record says so.

use crate::draft::{Asked, Occurred};
use crate::id::{EventId, Role};
use crate::scribe::{Act, Scribe};
use rand::Rng;
use touchpoint::Micros;
use touchpoint::time::{HOUR, SECOND};
use touchpoint::words::{Channel, Kind, Status};

/// What is special about a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CallShape {
    pub(crate) channel: Channel,
    /// When it was put into the calendar, if it was.
    pub(crate) planned_at: Option<Micros>,
    /// The request it answers.
    pub(crate) answers: Option<EventId>,
}

impl Scribe<'_> {
    /// Writes down one call.
    pub(crate) fn call(&mut self, act: &Act, shape: CallShape) {
        let mut draft = self.draft(Kind::Calls, act);
        draft.channel = shape.channel;
        draft.request = shape.answers;
        let mut held_at = act.at;
        if let Some(planned_at) = shape.planned_at {
            draft.status = Status::Planned;
            self.record(draft, planned_at);
            if self.chance(self.config().field.cancelled_share) {
                let notice = self.rng.random_range(0..(act.at - planned_at).max(1));
                draft.status = Status::Cancelled;
                draft.status_at = Some(act.at - notice);
                let recorded_at = self.logged(act.at - notice);
                self.record(draft, recorded_at);
                return self.close();
            }
            if self.chance(0.3) {
                held_at += self.rng.random_range(-45 * 60..45 * 60_i64) * SECOND;
            }
        }
        draft.status = self.outcome(act, shape.channel);
        draft.occurred = if self.chance(self.config().field.date_only_share) {
            self.local_date(act.hcp, held_at)
        } else {
            Occurred::Instant(held_at)
        };
        if draft.status == Status::Completed {
            let seconds = self.duration(shape.channel);
            draft.duration_s = Some(seconds);
            draft.attendees =
                (shape.channel == Channel::FaceToFace && self.chance(0.05)).then(|| self.rng.random_range(2..=8));
            let declared = matches!(act.owner.role, Role::Rep) && self.chance(self.config().profile.declared);
            draft.asked = if declared { Asked::Declared } else { Asked::No };
        }
        let recorded_at = self.entered(held_at);
        self.record(draft, recorded_at);
        self.close();
    }

    fn outcome(&mut self, act: &Act, channel: Channel) -> Status {
        if channel != Channel::FaceToFace || act.owner.role != Role::Rep {
            return Status::Completed;
        }
        // A step of a plan is an appointment that the HCP knows of.
        let success = self.world.visit_success(act.hcp);
        let success = if act.message.plan.is_some() { success.max(0.92) } else { success };
        if self.chance(success) { Status::Completed } else { Status::NoAccess }
    }

    /// Seconds: a visit takes minutes, a dialogue or a video call a good part of an hour.
    fn duration(&mut self, channel: Channel) -> u32 {
        let dialogue = self.chance(self.config().profile.dialogue);
        let (median, p95) = match channel {
            Channel::Video => (1500.0, 2700.0),
            _ if dialogue => (1080.0, 2700.0),
            Channel::Chat => (300.0, 900.0),
            _ => (210.0, 560.0),
        };
        self.lognormal(median, p95).clamp(30.0, 4.0 * (HOUR / SECOND) as f64) as u32
    }
}
