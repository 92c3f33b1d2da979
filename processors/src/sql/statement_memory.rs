//! The memory of one session, and who of its operators gets how much of it.
//!
//! Operators that can go to the disk have three quarters at most, the last quarter is for those that cannot: a sort that
//! fills everything could not even merge what it has written. Of what they have, three quarters are first come, first served,
//! for most of the operators of a statement wait most of the time; the rest is in equal shares, so that nobody who comes late
//! finds nothing at all. Operators that cannot go to the disk take what is free.

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, human_readable_size,
};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// See the module.
#[derive(Debug)]
pub struct StatementMemory {
    limit: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Operators that can go to the disk.
    spillers: usize,
    by_spillers: usize,
    by_others: usize,
}

impl Held {
    /// Whether an operator that can go to the disk and has `own` bytes may have so many more.
    fn has_room(&self, limit: usize, own: usize, additional: usize) -> bool {
        let room = (limit / 4 * 3).min(limit.saturating_sub(self.by_others));
        let all = self.by_spillers.saturating_add(additional);
        let share = room / 4 / self.spillers.max(1);
        all <= room && (all <= room / 4 * 3 || own.saturating_add(additional) <= share)
    }

    fn of(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        if consumer.can_spill() { &mut self.by_spillers } else { &mut self.by_others }
    }
}

impl StatementMemory {
    /// So many bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for StatementMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of statements", human_readable_size(self.limit))
    }
}

impl MemoryPool for StatementMemory {
    fn name(&self) -> &str {
        "statement"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.held().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut held = self.held();
        held.spillers = held.spillers.saturating_sub(usize::from(consumer.can_spill()));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.held().of(reservation.consumer()) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut held = self.held();
        let bytes = held.of(reservation.consumer());
        *bytes = bytes.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut held = self.held();
        let consumer = reservation.consumer();
        let all = held.by_spillers + held.by_others;
        let fits = match consumer.can_spill() {
            true => held.has_room(self.limit, reservation.size(), additional),
            false => all.saturating_add(additional) <= self.limit,
        };
        if !fits {
            return Err(resources_datafusion_err!(
                "{} has {} and needs {} more; {} of the {} that a statement may use are taken",
                consumer.name(),
                human_readable_size(reservation.size()),
                human_readable_size(additional),
                human_readable_size(all),
                human_readable_size(self.limit)
            ));
        }
        *held.of(consumer) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let held = self.held();
        held.by_spillers + held.by_others
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryConsumer, MemoryPool, StatementMemory};
    use crate::chance::Chance;
    use crate::sql::sessions::closed_session;
    use datafusion::execution::memory_pool::MemoryReservation;
    use datafusion::prelude::SessionConfig;
    use std::sync::Arc;

    fn pool(limit: usize) -> Arc<dyn MemoryPool> {
        Arc::new(StatementMemory::new(limit))
    }

    fn sort(pool: &Arc<dyn MemoryPool>) -> MemoryReservation {
        MemoryConsumer::new("sort").with_can_spill(true).register(pool)
    }

    fn join(pool: &Arc<dyn MemoryPool>) -> MemoryReservation {
        MemoryConsumer::new("join").register(pool)
    }

    #[test]
    fn one_sort_has_what_is_first_come() {
        let pool = pool(800);
        let one = sort(&pool);
        one.try_grow(450).unwrap();
        assert!(one.try_grow(1).is_err(), "its share is 150, and what it has counts");
        assert_eq!(pool.reserved(), 450);
        join(&pool).try_grow(350).unwrap();
    }

    #[test]
    fn who_comes_late_has_a_share_whatever_the_first_took() {
        let pool = pool(800);
        let (first, late, later) = (sort(&pool), sort(&pool), sort(&pool));
        first.try_grow(450).unwrap();
        for other in [&late, &later] {
            other.try_grow(50).unwrap();
            assert!(other.try_grow(1).is_err());
        }
        let merge = join(&pool);
        merge.try_grow(250).unwrap();
        let refused = merge.try_grow(1).unwrap_err().to_string();
        assert!(refused.contains("join has 250.0 B") && refused.contains("800.0 B"), "{refused}");
        drop(first);
        merge.try_grow(450).unwrap();
    }

    #[test]
    fn what_cannot_go_to_the_disk_takes_from_those_that_can() {
        let pool = pool(800);
        join(&pool).try_grow(800).unwrap();
        let kept = join(&pool);
        kept.try_grow(700).unwrap();
        let one = sort(&pool);
        one.try_grow(75).unwrap();
        assert!(one.try_grow(1).is_err());
    }

    #[test]
    fn never_more_than_the_limit_and_nothing_left_at_the_end() {
        let (pool, mut chance) = (pool(1_000), Chance(7));
        let mut held: Vec<MemoryReservation> = Vec::new();
        for _ in 0..20_000 {
            match chance.below(4) {
                0 => held.push(if chance.below(2) == 0 { sort(&pool) } else { join(&pool) }),
                1 if !held.is_empty() => drop(held.swap_remove(chance.below(held.len() as u64) as usize)),
                _ if !held.is_empty() => {
                    let one = &held[chance.below(held.len() as u64) as usize];
                    drop(one.try_grow(chance.below(200) as usize));
                }
                _ => {}
            }
            assert!(pool.reserved() <= 1_000);
            assert_eq!(pool.reserved(), held.iter().map(MemoryReservation::size).sum::<usize>());
        }
        drop(held);
        assert_eq!(pool.reserved(), 0);
    }

    #[tokio::test]
    async fn sorts_over_sorts_go_to_the_disk_and_do_not_end() {
        let config = SessionConfig::new().with_target_partitions(2);
        let context = closed_session(config, 96 << 20).unwrap();
        let sql = "WITH t AS (SELECT value AS v, 'a touch with a rather long name ' || (value * 7919 % 600000) AS name FROM generate_series(1, 600000))
            SELECT max(a), max(b), max(c) FROM (SELECT row_number() OVER (PARTITION BY v % 7 ORDER BY name) AS a,
                row_number() OVER (PARTITION BY v % 5 ORDER BY name DESC) AS b,
                row_number() OVER (PARTITION BY v % 3 ORDER BY v DESC, name) AS c FROM t)";
        let rows = context.sql(sql).await.unwrap().collect().await.unwrap();
        let text = datafusion::arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
        assert!(text.contains("| 85715  | 120000 | 200000 |"), "{text}");
        assert_eq!(context.runtime_env().memory_pool.reserved(), 0);
    }
}
