//! How load and fragmentation lie over the HCPs: percentiles, bands, and the quadrant of budget use and fragmentation.

use std::collections::BTreeMap;

/// Above so many HCPs the quadrant has cells alone: marks would hide each other.
pub const MARKS: usize = 2_000;
/// Width of a cell in budget use; the last one, from [`LAST_USE`] cells on, takes everything beyond.
pub const CELL_USE: f64 = 0.125;
/// Width of a cell in fragmentation.
pub const CELL_FRAGMENTATION: f64 = 0.1;
const LAST_USE: u8 = 20;
const LAST_FRAGMENTATION: u8 = 9;

/// See the module.
#[derive(Debug, Default)]
pub struct Spread {
    visits_per_week: Vec<f32>,
    /// HCPs by cell of budget use and cell of fragmentation.
    pub cells: BTreeMap<(u8, u8), u64>,
    marks: Vec<(f64, f64)>,
    /// HCPs that stand in the quadrant.
    pub placed: u64,
    /// HCPs with touches whose fragmentation is unknown: thin support.
    pub thin: u64,
}

impl Spread {
    pub(super) fn add_load(&mut self, visits_per_week: f64) {
        self.visits_per_week.push(visits_per_week as f32);
    }

    /// An HCP stands in the quadrant when both its budget use and its fragmentation are known.
    pub(super) fn add_place(&mut self, budget_use: Option<f64>, fragmentation: Option<f64>, touches: u32) {
        let Some(fragmentation) = fragmentation else {
            self.thin += u64::from(touches > 0);
            return;
        };
        let Some(budget_use) = budget_use else { return };
        let cell = |value: f64, width: f64, last: u8| ((value / width) as u64).min(u64::from(last)) as u8;
        let place = (cell(budget_use, CELL_USE, LAST_USE), cell(fragmentation, CELL_FRAGMENTATION, LAST_FRAGMENTATION));
        *self.cells.entry(place).or_default() += 1;
        self.placed += 1;
        if self.marks.len() <= MARKS {
            self.marks.push((budget_use, fragmentation));
        }
    }

    /// Budget use and fragmentation of each HCP in the quadrant; `None` above [`MARKS`] of them. An infinite use comes as
    /// it is.
    pub fn marks(&self) -> Option<&[(f64, f64)]> {
        (self.marks.len() <= MARKS).then_some(&self.marks)
    }

    /// Visits per week at these percentiles (0 to 100, nearest rank), over everybody, zeros included; `None` without HCPs.
    pub fn percentiles<const N: usize>(&mut self, percentiles: [u32; N]) -> [Option<f64>; N] {
        self.visits_per_week.sort_unstable_by(f32::total_cmp);
        let count = self.visits_per_week.len();
        percentiles.map(|percentile| {
            let rank = (count * percentile as usize).div_ceil(100).max(1);
            self.visits_per_week.get(rank - 1).map(|load| f64::from(*load))
        })
    }

    /// HCPs by band of so many visits per week; the last band takes everything beyond.
    pub fn bands(&self, width: f64, count: usize) -> Vec<u64> {
        let mut bands = vec![0; count];
        for load in &self.visits_per_week {
            let band = ((f64::from(*load) / width) as usize).min(count.saturating_sub(1));
            if let Some(hcps) = bands.get_mut(band) {
                *hcps += 1;
            }
        }
        bands
    }
}
