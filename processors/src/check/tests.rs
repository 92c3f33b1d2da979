//! Checks over worlds of a few records.

mod audiences;
mod counting;
mod elsewhere;
mod free_again;
mod hearing;
mod pains;

use super::{Answer, Asked, Code, Proposal, Verdict, check};
use crate::kernel::Scratch;
use crate::sample::Sample;
use crate::shards::{Ownership, Shards};
use touchpoint::record::RecordRow;
use touchpoint::reference::HcpRow;
use touchpoint::time::{DAY, HOUR, Micros, SECOND};
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Policy, Purpose, Status};

/// 2026-03-02, a Monday, 00:00 UTC.
pub(super) const MONDAY: Micros = 1_772_409_600 * SECOND;
/// Wednesday 10:00 UTC.
pub(super) const NOW: Micros = MONDAY + 2 * DAY + 10 * HOUR;
pub(super) const HCP: &str = "h";

/// A visit by a rep, unsolicited.
pub(super) fn visit(at: Micros) -> RecordRow<'static> {
    RecordRow { hcp_id: HCP, ..RecordRow::visit(at) }
}

/// An e-mail by a rep.
pub(super) fn mail(at: Micros) -> RecordRow<'static> {
    RecordRow {
        kind: Kind::Emails,
        channel: Some(Channel::Email),
        origin: Some(Origin::Rep),
        status: Some(Status::Sent),
        ..visit(at)
    }
}

/// A medical request.
pub(super) fn request(at: Micros, event_id: &'static str) -> RecordRow<'static> {
    RecordRow {
        kind: Kind::Requests,
        event_id,
        channel: Some(Channel::MedicalRequest),
        status: Some(Status::Received),
        business_function: Some(BusinessFunction::Medical),
        purpose: Some(Purpose::Scientific),
        ..visit(at)
    }
}

pub(super) fn proposed(channel: Channel) -> Proposal {
    Proposal::new(HCP, channel)
}

/// Records, a policy and reference data.
#[derive(Default)]
pub(super) struct World(pub(super) Sample<'static>);

impl World {
    pub(super) fn under(policy: Policy) -> Self {
        Self(Sample { policy, ..Sample::default() })
    }

    pub(super) fn with(mut self, rows: impl IntoIterator<Item = RecordRow<'static>>) -> Self {
        self.0.rows.extend(rows);
        self
    }

    /// The HCP lives there.
    pub(super) fn living_in(mut self, zone: &str) -> Self {
        let row = HcpRow { hcp_id: HCP.into(), time_zone: zone.parse().ok(), ..HcpRow::default() };
        self.0.tables.hcps = Some(vec![row]);
        self
    }

    pub(super) fn shards(&self, ownership: Ownership) -> Shards {
        self.0.shards(ownership, NOW)
    }

    pub(super) fn ask_as(&self, proposal: &Proposal, audience: Audience) -> Answer {
        let asked = Asked { audience, now: NOW };
        check(&self.shards(Ownership::Sole), proposal, asked, &mut Scratch::default())
    }

    pub(super) fn ask(&self, proposal: &Proposal) -> Answer {
        self.ask_as(proposal, Audience::Full)
    }
}

/// The codes of an answer.
pub(super) fn codes(answer: &Answer) -> Vec<Code> {
    answer.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn nobody_knows_a_stranger_and_nothing_stops_a_touch() {
    let answer = World::default().ask(&proposed(Channel::Phone));
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Allow, vec![Code::HcpUnknown]));
    assert_eq!((answer.at, answer.next_free_at, answer.binding_budget), (NOW, Some(NOW), None));
    let projected = answer.outlooks.expect("it is ours").projected;
    assert!((projected.interruption_load - 0.9).abs() < 1e-12, "{projected:?}");
}

#[test]
fn a_touch_proposed_for_the_past_is_judged_as_of_now() {
    let world = World::default().with([visit(NOW - HOUR)]);
    let late = Proposal { at: Some(NOW - 2 * DAY), ..proposed(Channel::FaceToFace) };
    let answer = world.ask(&late);
    assert_eq!(answer.at, NOW);
    assert!(answer.outlooks.expect("ours").current.interruption_load > 0.9, "the visit of an hour ago weighs");
}
