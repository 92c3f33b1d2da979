//! Counts by key, with the sum of their squares kept as they grow.
//!
//! [`Tally`] counts any keys and gives each a slot; [`FewTally`] counts codes below [`FEW`]; [`CrossTally`] counts pairs of
//! a slot and such a code. One search per touch and dimension, whatever is counted by it.

use hashbrown::HashMap;

/// Past this many distinct keys a hash index replaces the linear search.
const LINEAR_MAX: usize = 24;

/// Codes of channels and functions lie below this.
pub const FEW: usize = 8;

/// How often each key was added. An HCP's window holds a handful of keys, so a linear search wins; a hostile stream may
/// hold thousands, so an index takes over.
#[derive(Debug, Default)]
pub struct Tally {
    keys: Vec<u32>,
    counts: Vec<u32>,
    index: HashMap<u32, u32>,
    /// Σ n.
    pub total: u64,
    /// Σ n².
    pub squares: u64,
}

impl Tally {
    /// Forgets everything, keeps the buffers.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.counts.clear();
        if !self.index.is_empty() {
            self.index.clear();
        }
        self.total = 0;
        self.squares = 0;
    }

    /// Adds one of `key` and gives its slot: keys are numbered as they are met.
    pub fn add(&mut self, key: u32) -> usize {
        let slot = self.slot(key);
        self.total += 1;
        if let Some(count) = self.counts.get_mut(slot) {
            self.squares += 2 * u64::from(*count) + 1;
            *count += 1;
        }
        slot
    }

    /// Number of distinct keys.
    pub fn distinct(&self) -> usize {
        self.keys.len()
    }

    /// Σ n(n − 1).
    pub fn equal_ordered_pairs(&self) -> u64 {
        self.squares - self.total
    }

    fn slot(&mut self, key: u32) -> usize {
        if self.keys.len() <= LINEAR_MAX {
            if let Some(slot) = self.keys.iter().position(|k| *k == key) {
                return slot;
            }
        } else {
            if self.index.is_empty() {
                self.index.extend(self.keys.iter().enumerate().map(|(slot, k)| (*k, slot as u32)));
            }
            if let Some(slot) = self.index.get(&key) {
                return *slot as usize;
            }
            self.index.insert(key, self.keys.len() as u32);
        }
        self.keys.push(key);
        self.counts.push(0);
        self.keys.len() - 1
    }
}

/// How often each of a few codes was added.
#[derive(Debug, Default, Clone, Copy)]
pub struct FewTally {
    counts: [u32; FEW],
    /// Σ n.
    pub total: u64,
    /// Σ n².
    pub squares: u64,
}

impl FewTally {
    /// Adds one of `code`, which is below [`FEW`].
    pub fn add(&mut self, code: u8) {
        self.total += 1;
        self.squares += grown(&mut self.counts, code);
    }
}

/// How often each pair of a slot and a code was added: only their squares are asked for.
#[derive(Debug, Default)]
pub struct CrossTally {
    rows: Vec<[u32; FEW]>,
    total: u64,
    /// Σ n².
    pub squares: u64,
}

impl CrossTally {
    /// Forgets everything, keeps the buffer.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.total = 0;
        self.squares = 0;
    }

    /// Adds one of `(slot, code)`; `code` is below [`FEW`].
    pub fn add(&mut self, slot: usize, code: u8) {
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, [0; FEW]);
        }
        self.total += 1;
        if let Some(row) = self.rows.get_mut(slot) {
            self.squares += grown(row, code);
        }
    }

    /// Σ n(n − 1).
    pub fn equal_ordered_pairs(&self) -> u64 {
        self.squares - self.total
    }
}

/// Counts one more of `code`; by how much Σ n² grows.
fn grown(counts: &mut [u32; FEW], code: u8) -> u64 {
    let Some(count) = counts.get_mut(usize::from(code)) else { return 0 };
    *count += 1;
    2 * u64::from(*count) - 1
}

/// Effective number of keys, order 2: N² / Σ n². `None` when nothing was counted.
pub fn effective_number(total: u64, squares: u64) -> Option<f64> {
    let n = total as f64;
    (total > 0).then(|| n * n / squares as f64)
}

#[cfg(test)]
mod tests {
    use super::{CrossTally, FewTally, Tally, effective_number};

    #[test]
    fn squares_follow_counts_across_the_index_switch() {
        let (mut tally, mut cross) = (Tally::default(), CrossTally::default());
        for round in 0..3_u32 {
            for key in 0..100_u32 {
                if key % (round + 1) == 0 {
                    let slot = tally.add(key);
                    cross.add(slot, (key % 2) as u8);
                }
            }
        }
        let expected: u64 =
            (0..100_u64).map(|k| (0..3).filter(|r| k % (r + 1) == 0).count() as u64).map(|n| n * n).sum();
        assert_eq!(tally.squares, expected);
        assert_eq!(cross.squares, expected, "a key has one code here, so pairs count as keys do");
        assert_eq!(cross.equal_ordered_pairs(), tally.equal_ordered_pairs());
        assert_eq!(tally.distinct(), 100);
        tally.clear();
        assert_eq!(effective_number(tally.total, tally.squares), None);
    }

    #[test]
    fn codes_are_counted_apart() {
        let mut few = FewTally::default();
        [0, 7, 7, 3, 7].into_iter().for_each(|code| few.add(code));
        assert_eq!((few.total, few.squares), (5, 1 + 9 + 1));
        assert_eq!(effective_number(few.total, few.squares), Some(25.0 / 11.0));
    }
}
