//! Tests of the protocol as a whole, and what tests need.

mod bodies;
mod calls;
mod cancelling;
mod ending;
mod fuzz;
mod pair;
mod silence;
mod talk;
