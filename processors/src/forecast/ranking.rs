//! Who goes over, most over first: collected a few HCPs at a time, so that nobody waits for all of them.

use super::{Asked, Brief, brief};
use crate::state::Shard;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use touchpoint::Micros;

/// One HCP that goes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Who.
    pub hcp_id: Arc<str>,
    /// How much.
    pub brief: Brief,
}

/// The first of those who go over: by excess, greatest first; then by the instant, earliest first; then by id.
#[derive(Debug)]
pub struct Ranking {
    limit: usize,
    kept: Vec<Ranked>,
    total: usize,
}

impl Ranking {
    /// Keeps at most `limit` of them.
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), total: 0 }
    }

    /// Looks at some HCPs of a shard.
    pub fn add(&mut self, shard: &Shard, hcps: Range<u32>, asked: Asked) {
        for number in hcps {
            let Some(brief) = brief(shard, number, asked) else { continue };
            let Some(hcp) = shard.hcp(number) else { continue };
            self.total += 1;
            self.kept.push(Ranked { hcp_id: hcp.id.clone(), brief });
            if self.kept.len() >= 2 * self.limit.max(1) {
                self.cut();
            }
        }
    }

    /// Who is kept, in order, and how many go over.
    pub fn finish(mut self) -> (Vec<Ranked>, usize) {
        self.cut();
        (self.kept, self.total)
    }

    fn cut(&mut self) {
        let order = |one: &Ranked| -> (Reverse<u64>, Micros) { (Reverse(one.brief.excess), one.brief.over_at) };
        self.kept.sort_unstable_by(|a, b| (order(a), &a.hcp_id).cmp(&(order(b), &b.hcp_id)));
        self.kept.truncate(self.limit);
    }
}
