//! The one integration binary: every crate together, on real parts.

mod adversary;
mod kernel_against_reference;
