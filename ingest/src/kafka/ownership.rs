//! What an assignment makes of this process, and whether it may work with it.
//!
//! A process that owns every partition of all four topics is the sole owner: partition counts may differ, keys may be
//! missing, and no partitioner matters. A partial owner relies on "equal partition numbers hold the same HCPs": it
//! needs equal counts, keyed records and one partitioner. Range assignment gives equal numbers to one member only when
//! the counts are equal, so that an owned set is also checked for complete columns.

use crate::kafka::error::IngestError;
use std::collections::{BTreeMap, BTreeSet};
use touchpoint::TopicPartition;

/// Number of partitions of each of the four topics.
pub type PartitionCounts = BTreeMap<String, i32>;

/// How much of the four topics a process owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Every partition of every topic.
    Sole,
    /// Some partition numbers, each of them in all four topics; possibly none.
    Partial,
}

/// What records a process is willing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keying {
    /// The key is the HCP.
    ByHcp,
    /// Any key or none.
    Unkeyed,
}

/// Judges an assignment.
///
/// # Errors
/// [`IngestError::DifferingPartitionCounts`] and [`IngestError::UnkeyedNeedsSoleOwner`], both only for partial owners.
pub(crate) fn judge(
    owned: &[TopicPartition],
    counts: &PartitionCounts,
    keying: Keying,
) -> Result<Ownership, IngestError> {
    let owned: BTreeSet<(&str, i32)> = owned.iter().map(|p| (p.topic.as_str(), p.partition)).collect();
    let all = counts.iter().all(|(topic, count)| (0..*count).all(|p| owned.contains(&(topic.as_str(), p))));
    if all {
        return Ok(Ownership::Sole);
    }
    let differing = || IngestError::DifferingPartitionCounts { counts: describe(counts) };
    let mut sizes = counts.values();
    let first = sizes.next();
    if sizes.any(|size| Some(size) != first) {
        return Err(differing());
    }
    let numbers: BTreeSet<i32> = owned.iter().map(|(_, p)| *p).collect();
    if numbers.iter().any(|p| counts.keys().any(|topic| !owned.contains(&(topic.as_str(), *p)))) {
        return Err(differing());
    }
    match keying {
        Keying::ByHcp => Ok(Ownership::Partial),
        Keying::Unkeyed if owned.is_empty() => Ok(Ownership::Partial),
        Keying::Unkeyed => Err(IngestError::UnkeyedNeedsSoleOwner),
    }
}

fn describe(counts: &PartitionCounts) -> String {
    let texts: Vec<String> = counts.iter().map(|(topic, count)| format!("{topic}={count}")).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Keying, Ownership, PartitionCounts, judge};
    use crate::kafka::IngestError;
    use touchpoint::TopicPartition;

    fn counts(sizes: [i32; 4]) -> PartitionCounts {
        ["a", "b", "c", "d"].into_iter().map(String::from).zip(sizes).collect()
    }

    fn owned(topics: &[&str], partitions: &[i32]) -> Vec<TopicPartition> {
        topics.iter().flat_map(|t| partitions.iter().map(|p| TopicPartition::new(*t, *p))).collect()
    }

    #[test]
    fn everything_is_sole_even_with_differing_counts_and_no_keys() {
        let mut all = owned(&["a", "b", "c"], &[0, 1]);
        all.extend(owned(&["d"], &[0, 1, 2]));
        assert_eq!(judge(&all, &counts([2, 2, 2, 3]), Keying::Unkeyed), Ok(Ownership::Sole));
    }

    #[test]
    fn a_part_needs_equal_counts_and_keys() {
        let part = owned(&["a", "b", "c", "d"], &[0]);
        assert_eq!(judge(&part, &counts([2, 2, 2, 2]), Keying::ByHcp), Ok(Ownership::Partial));
        let refused = judge(&part, &counts([2, 2, 2, 2]), Keying::Unkeyed);
        assert_eq!(refused, Err(IngestError::UnkeyedNeedsSoleOwner));
        let refused = judge(&part, &counts([2, 2, 3, 2]), Keying::ByHcp).unwrap_err();
        assert!(refused.to_string().contains("a=2, b=2, c=3, d=2"), "{refused}");
    }

    #[test]
    fn equal_numbers_that_did_not_land_together_are_refused() {
        let part = owned(&["a", "b", "c"], &[0]);
        assert!(judge(&part, &counts([2, 2, 2, 2]), Keying::ByHcp).is_err());
    }

    #[test]
    fn owning_nothing_is_allowed_beside_an_equal_split() {
        assert_eq!(judge(&[], &counts([1, 1, 1, 1]), Keying::Unkeyed), Ok(Ownership::Partial));
    }
}
