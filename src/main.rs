//! The `touchload` command.
fn main() {}
