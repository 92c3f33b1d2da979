//! Whose touches collide, and whose unsolicited touches reach those who are over budget. Functions and channels, never a
//! person: a league table of people is no cause.

use crate::kernel::touches::Touch;
use std::collections::BTreeMap;
use touchpoint::policy::Zone;
use touchpoint::time::{DAY, Micros};
use touchpoint::{BusinessFunction, Channel, Origin};

/// The functions of two consecutive unsolicited touches, the earlier one first.
pub type PairKey = (BusinessFunction, BusinessFunction);
/// Function, channel, and origin of an e-mail.
pub type SourceKey = (BusinessFunction, Channel, Option<Origin>);

/// See the module.
#[derive(Debug, Default)]
pub struct Causes {
    /// Collisions by functions.
    pub pairs: BTreeMap<PairKey, u64>,
    /// Unsolicited touches of the window on HCPs that are over budget.
    pub on_over: BTreeMap<SourceKey, u64>,
}

impl Causes {
    /// The touches of one HCP in the window, oldest first.
    pub(super) fn add(&mut self, touches: &[Touch], gap: Micros, zone: Option<Zone>) {
        let mut before: Option<&Touch> = None;
        for touch in touches.iter().filter(|touch| touch.is_unsolicited()) {
            if zone == Some(Zone::Over) {
                *self.on_over.entry((touch.function, touch.channel, touch.origin)).or_default() += 1;
            }
            // As in the kernel: what is known by its day alone takes no part in a gap shorter than that.
            if touch.date_only && gap < DAY {
                continue;
            }
            if let Some(before) = before.replace(touch).filter(|before| collide(before, touch, gap)) {
                *self.pairs.entry((before.function, touch.function)).or_default() += 1;
            }
        }
    }
}

/// metrics.md §3, `collisions`.
fn collide(before: &Touch, touch: &Touch, gap: Micros) -> bool {
    let same_voice = before.owner == touch.owner && before.function == touch.function;
    let same_plan = before.plan == touch.plan && touch.plan != 0;
    touch.at - before.at < gap && !same_voice && !same_plan
}
