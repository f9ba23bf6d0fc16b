//! The `quorb` program.
fn main() {}
