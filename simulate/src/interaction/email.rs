//! An e-mail: perhaps scheduled, sent, delivered or not, opened by a machine or a person, clicked, refused for good.
//!
//! Headquarters' mail comes from a marketing platform within a minute; a rep's first record waits for the CRM, what
//! the mail system observes afterwards does not.

use crate::draft::{Draft, Occurred};
use crate::id::{EventId, Role};
use crate::scribe::{Act, Scribe};
use rand::Rng;
use touchpoint::Micros;
use touchpoint::time::{HOUR, SECOND};
use touchpoint::words::{Kind, Origin, Status};

/// The `source` of headquarters' mail.
const MARKETING_PLATFORM: &str = "marketing-platform";

/// What is special about an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct EmailShape {
    /// When it was queued, if it was.
    pub(crate) scheduled_at: Option<Micros>,
    /// The request it answers.
    pub(crate) answers: Option<EventId>,
}

impl Scribe<'_> {
    /// Writes down one e-mail.
    pub(crate) fn email(&mut self, act: &Act, shape: EmailShape) {
        let mut draft = self.draft(Kind::Emails, act);
        let origin = if act.owner.role == Role::Rep { Origin::Rep } else { Origin::Hq };
        draft.origin = Some(origin);
        draft.source = (origin == Origin::Hq).then_some(MARKETING_PLATFORM);
        draft.request = shape.answers;
        if let Some(at) = shape.scheduled_at {
            draft.status = Status::Scheduled;
            self.record(draft, at);
        }
        if self.chance(0.003) {
            draft.status = Status::Failed;
            let recorded_at = self.logged(act.at);
            self.record(draft, recorded_at);
            return self.close();
        }
        draft.status = Status::Sent;
        draft.occurred = Occurred::Instant(act.at);
        let recorded_at = if origin == Origin::Rep { self.entered(act.at) } else { self.logged(act.at) };
        self.record(draft, recorded_at);
        let arrived_at = act.at + self.rng.random_range(SECOND..120 * SECOND);
        self.reception(draft, arrived_at);
        self.close();
    }

    fn reception(&mut self, mut draft: Draft, at: Micros) {
        let email = self.config().email;
        if self.chance(email.bounce_share) {
            let dropped = self.chance(0.2);
            return self.observe(&mut draft, if dropped { Status::Dropped } else { Status::Bounced }, at);
        }
        self.observe(&mut draft, Status::Delivered, at);
        let open_share = if draft.origin == Some(Origin::Rep) { email.rep_open_share } else { email.hq_open_share };
        if self.chance(email.machine_open_share) {
            let opened_at = at + self.rng.random_range(SECOND..60 * SECOND);
            self.observe(&mut draft, Status::Opened, opened_at);
        }
        if self.chance(open_share) {
            let hours = self.lognormal(5.0, 60.0);
            let opened_at = at + (hours * HOUR as f64) as Micros;
            self.observe(&mut draft, Status::Opened, opened_at);
            if self.chance(email.click_share) {
                let clicked_at = opened_at + self.rng.random_range(5 * SECOND..300 * SECOND);
                self.observe(&mut draft, Status::Clicked, clicked_at);
            }
        }
        if self.chance(email.unsubscribe_share) {
            let spam = self.chance(0.15);
            let refused_at = at + self.rng.random_range(HOUR..72 * HOUR);
            self.observe(&mut draft, if spam { Status::MarkedSpam } else { Status::Unsubscribed }, refused_at);
        }
    }

    /// A record of what the mail system saw.
    fn observe(&mut self, draft: &mut Draft, status: Status, at: Micros) {
        draft.status = status;
        draft.status_at = Some(at / SECOND * SECOND);
        let recorded_at = self.logged(at);
        self.record(*draft, recorded_at);
    }
}
