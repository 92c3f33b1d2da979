//! How values are spread: counts in bins of one width from 0 up, so that years of values fit into a few kilobytes and parts
//! can be added up.

/// See the module. Values below 0 count in the first bin, those beyond the last in the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    width: f64,
    bins: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Histogram {
    /// No values yet.
    pub fn new(width: f64, bins: usize) -> Self {
        Self { width, bins: vec![0; bins.max(1)], count: 0, sum: 0.0 }
    }

    /// Visits per week, to a twentieth; beyond 20 it says no more than that.
    pub fn of_visits() -> Self {
        Self::new(0.05, 401)
    }

    /// A share from 0 to 1, to a hundredth.
    pub fn of_shares() -> Self {
        Self::new(0.01, 101)
    }

    /// Days, to a quarter, up to 100.
    pub fn of_days() -> Self {
        Self::new(0.25, 401)
    }

    /// One more value.
    pub fn add(&mut self, value: f64) {
        let last = self.bins.len() - 1;
        // A small excess keeps 0.3 / 0.1 in the bin of 0.3.
        let bin = ((value / self.width + 1e-9).max(0.0) as usize).min(last);
        if let Some(bin) = self.bins.get_mut(bin) {
            *bin += 1;
        }
        self.count += 1;
        self.sum += value;
    }

    /// Adds the values of another one of the same bins.
    pub fn merge(&mut self, other: &Self) {
        self.bins.iter_mut().zip(&other.bins).for_each(|(to, from)| *to += from);
        self.count += other.count;
        self.sum += other.sum;
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean, exactly; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The lower end of the bin that holds the value of this rank (nearest rank), 0 < `share` ≤ 1; `None` without any.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let bin = self.bins.iter().position(|n| {
            seen += n;
            seen >= rank
        })?;
        Some(bin as f64 * self.width)
    }

    /// Counts in bins `factor` times as wide.
    pub fn coarser(&self, factor: usize) -> Vec<u64> {
        self.bins.chunks(factor.max(1)).map(|bins| bins.iter().sum()).collect()
    }

    /// Width of a bin.
    pub fn width(&self) -> f64 {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn ranks_are_those_of_the_sorted_values() {
        let mut spread = Histogram::new(1.0, 11);
        assert_eq!((spread.quantile(0.5), spread.mean()), (None, None));
        for value in [9.0, 1.0, 3.5, 3.0, 99.0, -1.0] {
            spread.add(value);
        }
        let ranks = [0.01, 0.5, 0.51, 0.9, 1.0].map(|share| spread.quantile(share));
        assert_eq!(ranks, [0.0, 3.0, 3.0, 10.0, 10.0].map(Some));
        assert_eq!((spread.count(), spread.coarser(5)), (6, vec![4, 1, 1]));
    }

    #[test]
    fn parts_add_up() {
        let (mut one, mut two, mut all) = (Histogram::of_shares(), Histogram::of_shares(), Histogram::of_shares());
        for n in 0..100 {
            let value = f64::from(n) / 100.0;
            if n % 3 == 0 {
                one.add(value)
            } else {
                two.add(value)
            }
            all.add(value);
            assert_eq!(all.quantile(1.0), Some(f64::from(n) * 0.01), "{value} stands in its own bin");
        }
        one.merge(&two);
        assert_eq!((one.count(), one.quantile(0.5), one.coarser(10)), (100, all.quantile(0.5), all.coarser(10)));
    }
}
