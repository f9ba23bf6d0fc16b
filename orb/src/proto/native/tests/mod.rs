//! Tests of the protocol as a whole, and what tests need.

mod bodies;
mod calls;
mod cancelling;
mod dice;
mod ending;
mod fuzz;
mod pair;
mod talk;

pub(super) use dice::Dice;
