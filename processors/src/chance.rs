//! Chance for tests.

/// Numbers that look random, the same for a seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// One of so many, from 0 on.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}
