//! Counts by key, with the sum of their squares kept as they grow.

use hashbrown::HashMap;

/// Past this many distinct keys a hash index replaces the linear search.
const LINEAR_MAX: usize = 24;

/// How often each key was added. An HCP's window holds a handful of keys, so a linear search wins; a hostile stream may
/// hold thousands, so an index takes over.
#[derive(Debug, Default)]
pub struct Tally {
    keys: Vec<u64>,
    counts: Vec<u32>,
    index: HashMap<u64, u32>,
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
        self.index.clear();
        self.total = 0;
        self.squares = 0;
    }

    /// Adds one of `key`.
    pub fn add(&mut self, key: u64) {
        let slot = self.slot(key);
        self.total += 1;
        if let Some(count) = self.counts.get_mut(slot) {
            self.squares += 2 * u64::from(*count) + 1;
            *count += 1;
        }
    }

    /// Number of distinct keys.
    pub fn distinct(&self) -> usize {
        self.keys.len()
    }

    /// Effective number of keys, order 2: N² / Σ n². `None` when empty.
    pub fn effective_number(&self) -> Option<f64> {
        let total = self.total as f64;
        (self.total > 0).then(|| total * total / self.squares as f64)
    }

    /// Σ n(n − 1).
    pub fn equal_ordered_pairs(&self) -> u64 {
        self.squares - self.total
    }

    fn slot(&mut self, key: u64) -> usize {
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

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn squares_follow_counts_across_the_index_switch() {
        let mut tally = Tally::default();
        for round in 0..3_u64 {
            for key in 0..100_u64 {
                if key % (round + 1) == 0 {
                    tally.add(key);
                }
            }
        }
        let expected: u64 =
            (0..100_u64).map(|k| (0..3).filter(|r| k % (r + 1) == 0).count() as u64).map(|n| n * n).sum();
        assert_eq!(tally.squares, expected);
        assert_eq!(tally.distinct(), 100);
        tally.clear();
        assert_eq!(tally.effective_number(), None);
    }
}
