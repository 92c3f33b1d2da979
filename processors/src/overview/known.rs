//! One HCP as an audience knows it at an instant: there is one where metrics.md §2 gives a row.

use super::Asked;
use crate::kernel::touches::Source;
use crate::kernel::{Records, within};
use crate::state::Shard;
use crate::state::list::{HcpTexts, List};
use touchpoint::Audience;
use touchpoint::reference::HcpRow;
use touchpoint::time::{Micros, RETENTION};

/// Whose view, of when.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) audience: Audience,
    pub(super) at: Micros,
}

impl View {
    pub(super) fn of(asked: &Asked) -> Self {
        Self { audience: asked.audience, at: asked.at }
    }
}

/// See the module.
pub(super) struct Known<'s> {
    pub(super) id: &'s str,
    /// The row of reference data at the instant.
    pub(super) row: Option<&'s HcpRow>,
    pub(super) is_target: bool,
    /// The retained records.
    pub(super) source: Source<'s, HcpTexts<'s>>,
    /// Event time of the oldest of them that the audience sees.
    pub(super) oldest: Option<Micros>,
}

impl<'s> Known<'s> {
    /// `None` where the audience has heard of nobody: neither a record that it sees nor a panel names one. `nothing` stands
    /// for the records of a target that nothing was heard of.
    pub(super) fn of(shard: &'s Shard, number: u32, nothing: &'s List, view: View) -> Option<Self> {
        let hcp = shard.hcp(number)?;
        let records = hcp.list().unwrap_or(nothing).records(view.audience, shard.words());
        let Records { entries, texts, audience } = records;
        let source = Source { retained: within(entries, view.at - RETENTION, view.at), texts, audience };
        let oldest = source.retained.iter().find(|entry| entry.counts_for(audience)).map(|entry| entry.occurred_at);
        let is_target = shard.reference().is_target(&hcp.id, view.at);
        let is_known = is_target || oldest.is_some();
        is_known.then(|| Self { id: &hcp.id, row: shard.reference().hcp(&hcp.id, view.at), is_target, source, oldest })
    }
}
