//! Seeded workloads, and the naive reference metrics written apart from the kernel.
