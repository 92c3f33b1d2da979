//! By which policy and reference data day rows were last closed, so that a process that starts under others writes a row of
//! everybody at its next midnight: nobody watched what moved meanwhile.
//!
//! Beside the last midnight `hcp_metrics` holds, for every partition number, that day and a hash of what was in force. A
//! version names a policy and reference data, so the hash is over the versions.

use super::{Pipeline, PipelineError};
use ingest::kafka::crc32;
use std::collections::BTreeSet;
use touchpoint::{Policy, Reference};

const DAY_BITS: u32 = 32;

/// What is stored of a day: it rises from day to day, as a transaction has to.
fn mark(day: i64, facts: u32) -> i64 {
    day << DAY_BITS | i64::from(facts)
}

fn facts_of(mark: i64) -> i64 {
    mark & i64::from(u32::MAX)
}

fn facts(policy: &Policy, reference: &Reference) -> u32 {
    crc32(format!("{}\n{}", policy.version, reference.version()).as_bytes())
}

impl Pipeline {
    /// Transactions of a cycle that closes `day`.
    pub(super) fn day_txns(&self, day: i64) -> Vec<(String, i64)> {
        let (owner, mark) = (&self.parts.owner, mark(day, self.facts()));
        let of = |number: i32| [(owner.day_id(number), day), (owner.facts_id(number), mark)];
        self.owned_numbers().into_iter().flat_map(of).collect()
    }

    /// Whether the last days were closed under other policy or reference data, or nobody knows under which.
    pub(super) async fn facts_have_changed(&self, numbers: &BTreeSet<i32>) -> Result<bool, PipelineError> {
        let numbers: Vec<i32> = numbers.iter().copied().collect();
        let (now, stored) = (i64::from(self.facts()), self.parts.store.last_facts(&self.parts.owner, &numbers).await?);
        Ok(stored.values().any(|mark| mark.map(facts_of) != Some(now)))
    }

    fn facts(&self) -> u32 {
        let shards = self.shards();
        facts(shards.policy(), shards.reference())
    }
}

#[cfg(test)]
mod tests {
    use super::{facts, facts_of, mark};
    use touchpoint::{Policy, Reference};

    #[test]
    fn a_later_day_is_greater_whatever_was_in_force() {
        for day in [-1, 0, 20_517] {
            assert!(mark(day, u32::MAX) < mark(day + 1, 0));
            assert_eq!((facts_of(mark(day, 7)), facts_of(mark(day, u32::MAX))), (7, i64::from(u32::MAX)));
        }
    }

    #[test]
    fn another_version_is_told_apart() {
        let named = |version: &str| Policy { version: version.into(), ..Policy::default() };
        let reference = Reference::default();
        assert_eq!(facts(&named("a"), &reference), facts(&named("a"), &reference));
        assert_ne!(facts(&named("a"), &reference), facts(&named("b"), &reference));
    }
}
