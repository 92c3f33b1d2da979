//! What a retraction does to the HCPs whose interactions change most: their headline window now, and then.

use super::Facts;
use futures::StreamExt;
use processors::Shard;
use processors::kernel::load::visits_per_week;
use processors::kernel::{Evaluation, Scratch};
use processors::state::retraction::Restated;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use store::{ReadLog, Store};
use touchpoint::time::RETENTION;
use touchpoint::{Audience, Micros, WindowLength, log};

/// HCPs that are shown.
const SHOWN: usize = 10;

/// One HCP, before and after.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effect {
    pub(super) hcp_id: String,
    /// Interactions that change.
    pub(super) interactions: u64,
    pub(super) now: Shown,
    pub(super) then: Shown,
}

/// The headline window of the full audience; zeros and unknowns where the HCP has no row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Shown {
    pub(super) touches: u32,
    pub(super) unsolicited: u32,
    pub(super) collisions: u32,
    pub(super) visits_per_week: f64,
    pub(super) coherence: Option<f64>,
}

/// The most affected HCPs, the most affected first.
pub(super) async fn effects(
    store: &Store,
    restated: &Restated,
    (facts, at): (Facts, Micros),
) -> anyhow::Result<Vec<Effect>> {
    let mut most: Vec<(&String, u64)> = restated.changed.iter().map(|(hcp_id, count)| (hcp_id, *count)).collect();
    most.sort_by_key(|(hcp_id, count)| (Reverse(*count), hcp_id.as_str()));
    most.truncate(SHOWN);
    if most.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: BTreeSet<&str> = most.iter().map(|(hcp_id, _)| hcp_id.as_str()).collect();
    let mut shard = Shard::new(facts.policy, facts.reference);
    let mut rows = store.read_log(ReadLog::of_state(at - RETENTION)).await?;
    while let Some(batch) = rows.next().await {
        shard.restore_decoded(&log::to_record(&batch?)?, |hcp_id| wanted.contains(hcp_id))?;
    }
    let now: Vec<Shown> = most.iter().map(|(hcp_id, _)| shown(&shard, hcp_id, at)).collect();
    for batch in &restated.batches {
        shard.restore_decoded(batch, |hcp_id| wanted.contains(hcp_id))?;
    }
    let effect = |((hcp_id, interactions), now): (&(&String, u64), Shown)| Effect {
        hcp_id: (*hcp_id).clone(),
        interactions: *interactions,
        now,
        then: shown(&shard, hcp_id, at),
    };
    Ok(most.iter().zip(now).map(effect).collect())
}

fn shown(shard: &Shard, hcp_id: &str, at: Micros) -> Shown {
    let number = shard.number_of(hcp_id);
    let evaluated = number.and_then(|n| shard.evaluate_at(n, Audience::Full, at, &mut Scratch::default()));
    let of = |Evaluation { windows, overall }: Evaluation| {
        let window = windows.get(WindowLength::HEADLINE.index())?;
        Some(Shown {
            touches: window.touches,
            unsolicited: window.unsolicited,
            collisions: window.collisions,
            visits_per_week: visits_per_week(overall.load, shard.policy().half_life),
            coherence: window.coherence.get(),
        })
    };
    evaluated.and_then(of).unwrap_or_default()
}
