//! An invitation to a congress: perhaps nominated, invited, answered or not, attended or missed.
//!
//! `occurred_at` is the instant of the invitation in all its records; `status_at` says when a status was reached.

use crate::draft::Draft;
use crate::scribe::{Act, Scribe};
use crate::world::Congress;
use rand::Rng;
use touchpoint::Micros;
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::words::{Kind, Status};

/// The `source` of all invitations.
const EVENT_MANAGEMENT: &str = "event-management";

impl Scribe<'_> {
    /// Writes down one invitation.
    pub(crate) fn invitation(&mut self, act: &Act, congress: &Congress) {
        let mut draft = self.draft(Kind::Congress, act);
        draft.source = Some(EVENT_MANAGEMENT);
        draft.mode = Some(congress.mode);
        draft.congress = Some(congress.number);
        if self.chance(0.4) {
            draft.status = Status::Nominated;
            let ahead = self.rng.random_range(HOUR..8 * HOUR);
            self.record(draft, act.at - ahead);
            if self.chance(0.05) {
                return self.end_invitation(draft, Status::Cancelled, act.at - HOUR / 2);
            }
        }
        draft.status = Status::Invited;
        let recorded_at = self.logged(act.at);
        self.record(draft, recorded_at);
        let (accepted, declined) = (self.config().congress.accepted_share, self.config().congress.declined_share);
        let u: f64 = self.rng.random();
        let answered_at = act.at + (self.lognormal(3.0, 14.0).min(28.0) * DAY as f64) as Micros;
        if u < declined {
            return self.end_invitation(draft, Status::Declined, answered_at);
        }
        if u >= declined + accepted {
            return self.close();
        }
        draft.status = Status::Accepted;
        draft.status_at = Some(answered_at / SECOND * SECOND);
        let recorded_at = self.logged(answered_at);
        self.record(draft, recorded_at);
        let came = self.chance(0.8);
        let attended_at = congress.day * DAY + 9 * HOUR;
        self.end_invitation(draft, if came { Status::Attended } else { Status::NoShow }, attended_at);
    }

    fn end_invitation(&mut self, mut draft: Draft, status: Status, at: Micros) {
        draft.status = status;
        draft.status_at = Some(at / SECOND * SECOND);
        let recorded_at = self.logged(at);
        self.record(draft, recorded_at);
        self.close();
    }
}
