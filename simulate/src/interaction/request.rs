//! A medical information request: received, then answered and closed, left open, or taken back.
//!
//! The answer is an interaction of its own, by medical information, that names the request: an e-mail or a phone call.
//! Requests that a rep takes in are entered late; the other ways in are machines.

use crate::id::{EventId, MEDICAL_DESKS, Owner, Role};
use crate::interaction::call::CallShape;
use crate::interaction::email::EmailShape;
use crate::scribe::{Act, Scribe};
use rand::Rng;
use touchpoint::Micros;
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::words::{Channel, Intake, Kind, Status};

impl Scribe<'_> {
    /// Writes down one request and its answer. The owner of `act` is whoever it came in through.
    pub(crate) fn request(&mut self, act: &Act) {
        let mut draft = self.draft(Kind::Requests, act);
        let shares = self.config().requests.intake;
        let [phone, rep, email, web] = shares;
        let ways = [(Intake::Phone, phone), (Intake::Rep, rep), (Intake::Email, email), (Intake::Web, web)];
        let intake = self.choose(&ways, Intake::Phone);
        draft.intake = Some(intake);
        // Whoever takes it in, a request is medical, and only a rep is worth naming.
        draft.function = Role::MedicalInformation.function();
        draft.owner = (intake == Intake::Rep).then(|| self.world.rep_of(act.hcp));
        draft.status = Status::Received;
        let received_at = if intake == Intake::Rep { self.entered(act.at) } else { self.logged(act.at) };
        self.record(draft, received_at);
        let u: f64 = self.rng.random();
        let requests = self.config().requests;
        if u < requests.unanswered_share {
            return self.close();
        }
        if u < requests.unanswered_share + requests.withdrawn_share {
            let withdrawn_at = received_at + self.rng.random_range(HOUR..2 * DAY);
            draft.status = Status::Withdrawn;
            draft.status_at = Some(withdrawn_at / SECOND * SECOND);
            self.record(draft, withdrawn_at);
            return self.close();
        }
        let taken = (self.lognormal(requests.median_days, requests.p95_days) * DAY as f64) as Micros;
        let answered_at = (act.at + taken).max(received_at + HOUR / 12) / SECOND * SECOND;
        draft.answered_at = Some(answered_at);
        draft.status = Status::Answered;
        draft.status_at = Some(answered_at);
        let recorded_at = self.logged(answered_at);
        self.record(draft, recorded_at);
        if self.chance(0.8) {
            let closed_at = answered_at + self.rng.random_range(HOUR..5 * DAY);
            draft.status = Status::Closed;
            draft.status_at = Some(closed_at / SECOND * SECOND);
            self.record(draft, closed_at);
        }
        let request = draft.event;
        self.close();
        self.answer(act, request, answered_at);
    }

    fn answer(&mut self, act: &Act, request: EventId, at: Micros) {
        let number = self.rng.random_range(0..MEDICAL_DESKS);
        let owner = Owner { role: Role::MedicalInformation, number };
        let answer = Act { owner, at, ..*act };
        if self.chance(0.7) {
            self.email(&answer, EmailShape { scheduled_at: None, answers: Some(request) });
        } else {
            self.call(&answer, CallShape { channel: Channel::Phone, planned_at: None, answers: Some(request) });
        }
    }
}
