//! The touches of a few HCPs week by week, by function, and how many voices they hear: an account over time.
//!
//! Weeks end at T and lie seven days apart. Counts are those of one week, `(end − 7 d, end]`. Voices are effective numbers
//! (metrics.md §4, pooled as docs/TABLES.md pools functions) over the 28 days before the end, since a week holds too few
//! touches to tell. Everything is as of T, with today's knowledge.

use super::known::{Known, View};
use super::older;
use crate::kernel::tally::effective_number;
use crate::kernel::touches::Touch;
use crate::kernel::within;
use crate::state::Shard;
use crate::state::list::List;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use touchpoint::time::{DAY, Micros};
use touchpoint::{Audience, BusinessFunction};

/// Seven days.
const WEEK: Micros = 7 * DAY;
/// Weeks whose voices are heard together.
const HEARD: usize = 4;
/// Fewer touches tell no number of voices.
pub const ENOUGH_TOUCHES: u64 = 10;

/// Touches, and the unsolicited among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touched {
    /// All.
    pub touches: u64,
    /// Unsolicited.
    pub unsolicited: u64,
}

/// One week.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    /// Its end.
    pub at: Micros,
    /// HCPs with a touch in it.
    pub hcps_touched: u64,
    /// Touches in it.
    pub all: Touched,
    /// The same by function.
    pub functions: BTreeMap<BusinessFunction, Touched>,
    /// Effective number of owners of 28 days; `None` below [`ENOUGH_TOUCHES`] touches whose owner is known.
    pub voices: Option<f64>,
    /// Effective number of functions of 28 days; `None` below [`ENOUGH_TOUCHES`] touches.
    pub function_voices: Option<f64>,
}

#[derive(Debug, Default)]
struct Bin {
    hcps_touched: u64,
    functions: BTreeMap<BusinessFunction, Touched>,
    owners: HashMap<Box<str>, u64>,
}

/// See the module.
#[derive(Debug)]
pub struct Weekly {
    audience: Audience,
    at: Micros,
    /// The last week first; of the first ones only voices are told.
    bins: Vec<Bin>,
    /// Event time of the oldest record that was looked at; `None` without any.
    pub oldest: Option<Micros>,
    found: Vec<Touch>,
}

impl Weekly {
    /// Of the `weeks` weeks before `at`, without HCPs.
    pub fn new(audience: Audience, at: Micros, weeks: usize) -> Self {
        let bins = (0..weeks + HEARD - 1).map(|_| Bin::default()).collect();
        Self { audience, at, bins, oldest: None, found: Vec::new() }
    }

    /// Adds the touches of one HCP.
    pub fn add(&mut self, shard: &Shard, number: u32) {
        let (nothing, view) = (List::default(), View { audience: self.audience, at: self.at });
        let Some(known) = Known::of(shard, number, &nothing, view) else { return };
        self.oldest = older(self.oldest, known.oldest);
        let span = WEEK.saturating_mul(i64::try_from(self.bins.len()).unwrap_or(i64::MAX));
        known.source.collect(within(known.source.retained, self.at - span, self.at), &mut self.found);
        let mut last = None;
        for touch in &self.found {
            let place = usize::try_from((self.at - touch.at) / WEEK).unwrap_or(0);
            let Some(bin) = self.bins.get_mut(place) else { continue };
            // Touches come in order, so those of a week come together.
            if last.replace(place) != Some(place) {
                bin.hcps_touched += 1;
            }
            let of = bin.functions.entry(touch.function).or_default();
            of.touches += 1;
            of.unsolicited += u64::from(touch.is_unsolicited());
            if touch.owner != 0 {
                *bin.owners.entry_ref(shard.words().text(touch.owner)).or_default() += 1;
            }
        }
    }

    /// The weeks, the first one first.
    pub fn finish(&self) -> Vec<Week> {
        let mut weeks: Vec<Week> = self.bins.windows(HEARD).zip(0..).map(|(bins, n)| self.week(bins, n)).collect();
        weeks.reverse();
        weeks
    }

    /// The week that ended `ago` weeks before T; its own bin and those before it.
    fn week(&self, bins: &[Bin], ago: i64) -> Week {
        let (mut owners, mut heard) = (HashMap::<&str, u64>::new(), BTreeMap::<BusinessFunction, u64>::new());
        for bin in bins {
            for (owner, touches) in &bin.owners {
                *owners.entry(owner).or_default() += touches;
            }
            for (function, of) in &bin.functions {
                *heard.entry(*function).or_default() += of.touches;
            }
        }
        let (functions, hcps_touched) =
            bins.first().map(|bin| (bin.functions.clone(), bin.hcps_touched)).unwrap_or_default();
        let mut all = Touched::default();
        for of in functions.values() {
            all.touches += of.touches;
            all.unsolicited += of.unsolicited;
        }
        Week {
            at: self.at - ago * WEEK,
            hcps_touched,
            all,
            functions,
            voices: voices(owners.values()),
            function_voices: voices(heard.values()),
        }
    }
}

fn voices<'a>(counts: impl Iterator<Item = &'a u64>) -> Option<f64> {
    let (mut total, mut squares) = (0, 0);
    for count in counts {
        total += count;
        squares += count * count;
    }
    effective_number(total, squares).filter(|_| total >= ENOUGH_TOUCHES)
}

#[cfg(test)]
mod tests {
    use super::{Touched, WEEK, Weekly};
    use crate::sample::Sample;
    use crate::shards::Ownership;
    use touchpoint::record::RecordRow;
    use touchpoint::reference::Tables;
    use touchpoint::time::{DAY, Micros};
    use touchpoint::{Audience, BusinessFunction, Policy, Status};

    const NOW: Micros = 20_000 * DAY;

    fn weeks(audience: Audience, rows: Vec<RecordRow<'_>>) -> Vec<super::Week> {
        let shards = Sample { rows, policy: Policy::default(), tables: Tables::default() };
        let shards = shards.shards(Ownership::Sole, NOW);
        let mut weekly = Weekly::new(audience, NOW, 3);
        for hcp_id in ["a", "b", "nobody"] {
            if let Some((shard, number)) = shards.holder(hcp_id) {
                weekly.add(shard, number);
            }
        }
        weekly.finish()
    }

    fn visit(hcp_id: &'static str, owner: &'static str, at: Micros) -> RecordRow<'static> {
        RecordRow { hcp_id, owner_id: Some(owner), ..RecordRow::visit(at) }
    }

    #[test]
    fn weeks_are_half_open_and_hold_touches_by_function() {
        let marketing = |at| RecordRow {
            business_function: Some(BusinessFunction::Marketing),
            solicited: true,
            ..visit("b", "hq", at)
        };
        let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..visit("b", "msl", NOW) };
        let missed = RecordRow { status: Some(Status::NoAccess), ..visit("a", "rep", NOW - DAY) };
        let rows = || vec![visit("a", "rep", NOW), visit("a", "rep", NOW - WEEK), marketing(NOW - 1), missed, medical];
        let found = weeks(Audience::Commercial, rows());
        assert_eq!(found.iter().map(|week| week.at).collect::<Vec<_>>(), [NOW - 2 * WEEK, NOW - WEEK, NOW]);
        assert_eq!((found[0].all, found[1].all.touches, found[1].hcps_touched), (Touched::default(), 1, 1));
        assert_eq!((found[2].all, found[2].hcps_touched), (Touched { touches: 2, unsolicited: 1 }, 2));
        assert_eq!(found[2].functions.len(), 2);
        assert_eq!((found[2].voices, found[2].function_voices), (None, None), "too few");
        assert_eq!(weeks(Audience::Full, rows())[2].all.touches, 3);
    }

    #[test]
    fn voices_are_heard_for_four_weeks() {
        let rows = (0..6).flat_map(|n| [visit("a", "rep", NOW - n * DAY), visit("b", "kam", NOW - 3 * WEEK - n * DAY)]);
        let found = weeks(Audience::Commercial, rows.collect());
        assert_eq!((found[2].voices, found[2].function_voices), (Some(2.0), Some(1.0)));
        assert_eq!((found[1].voices, found[1].all.touches), (None, 0), "six touches of one owner are too few");
    }
}
