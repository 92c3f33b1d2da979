//! The touches of an HCP one by one, as alerts name them.

use super::hcp::Hcp;
use super::shard::Shard;
use crate::kernel::evidence::{self, Witness};
use touchpoint::{Audience, Micros};

impl Shard {
    /// Shows `look` the touches of one HCP in `(at − length, at]`, oldest first, with today's knowledge.
    pub fn each_touch(
        &self,
        number: u32,
        audience: Audience,
        (at, length): (Micros, Micros),
        look: impl FnMut(&Witness<'_>),
    ) {
        if let Some(list) = self.hcp(number).and_then(Hcp::list) {
            evidence::each_touch(list.records(audience, self.words()), at, length, look);
        }
    }
}
