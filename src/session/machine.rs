//! What the machine has.

use sysinfo::System;

/// Bytes that statements may use where nobody said how many: half of the machine's memory, or of the container's.
pub fn half_of_memory() -> usize {
    let mut system = System::new();
    system.refresh_memory();
    let machine = system.total_memory();
    let all = system.cgroup_limits().map_or(machine, |limits| limits.total_memory.min(machine));
    usize::try_from(all / 2).unwrap_or(usize::MAX).max(super::QUERY_MEMORY / 4)
}

#[cfg(test)]
mod tests {
    #[test]
    fn some_of_it_may_be_used_and_not_all() {
        let half = super::half_of_memory();
        assert!(half >= 512 << 20, "{half}");
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        assert!((half as u64) < system.total_memory().max(1 << 30));
    }
}
